# 信用+园区

story park.pilot-enterprise: it is served sooner in its park, and nowhere else
now 2026-06-10
event record.upserted source=district.science item=park.pilot-enterprise record=虚构领航1号 revision=1 subject=uscc:70 issued=2026-06-01 fields={park: 虚构科技园}
expect commitment.park-service facilitated since=2026-06-01 until=2028-05-31
expect subsidy.technology-innovation clear
expect licence.food-operation clear

story park-service-lane: a restriction anywhere rests it, and it comes back by itself
now 2026-06-10
event record.upserted source=district.science item=park.pilot-enterprise record=虚构领航2号 revision=1 subject=uscc:71 issued=2026-06-01 fields={park: 虚构科技园}
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执11号 revision=1 subject=uscc:71 issued=2026-06-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执11号 subject=uscc:71 notice_id=N1 served_on=2026-06-05
expect commitment.park-service clear
event record.withdrawn source=district.court item=court.judgment-defaulter record=虚构执11号 revision=2 subject=uscc:71
expect commitment.park-service facilitated
