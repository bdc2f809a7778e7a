# 诚信+交通安全

story police.traffic-violation: nothing follows from a person's traffic offence
now 2026-05-10
event record.upserted source=district.police item=police.traffic-violation record=虚构交通罚1号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={kind: drunk-driving}
event notice.served source=district.police item=police.traffic-violation record=虚构交通罚1号 subject=cn-id:2 notice_id=N1 served_on=2026-05-09
expect subsidy.start-up clear
expect honours.model-worker clear
expect talent.apartment clear
refuse field.invalid event record.upserted source=district.police item=police.traffic-violation record=虚构交通罚2号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={kind: jaywalking}

story police.traffic-violation: drunk-driving stays in the person's own file
now 2026-05-31
event record.upserted source=district.police item=police.traffic-violation record=虚构交通月报1号 revision=1 subject=cn-id:11 issued=2026-05-08 fields={kind: drunk-driving}
event notice.served source=district.police item=police.traffic-violation record=虚构交通月报1号 subject=cn-id:11 notice_id=N1 served_on=2026-05-09
expect licence.road-transport clear
expect talent.recognition clear
expect subsidy.start-up clear
expect inspection.transport clear

story police.traffic-violation: hit-and-run stays in the person's own file
now 2026-05-31
event record.upserted source=district.police item=police.traffic-violation record=虚构交通月报2号 revision=1 subject=cn-id:12 issued=2026-05-08 fields={kind: hit-and-run}
event notice.served source=district.police item=police.traffic-violation record=虚构交通月报2号 subject=cn-id:12 notice_id=N1 served_on=2026-05-09
expect licence.road-transport clear
expect talent.recognition clear
expect subsidy.start-up clear
expect inspection.transport clear

story police.traffic-violation: unlicensed stays in the person's own file
now 2026-05-31
event record.upserted source=district.police item=police.traffic-violation record=虚构交通月报3号 revision=1 subject=cn-id:13 issued=2026-05-08 fields={kind: unlicensed}
event notice.served source=district.police item=police.traffic-violation record=虚构交通月报3号 subject=cn-id:13 notice_id=N1 served_on=2026-05-09
expect licence.road-transport clear
expect talent.recognition clear
expect subsidy.start-up clear
expect inspection.transport clear

story police.traffic-violation: false-plates stays in the person's own file
now 2026-05-31
event record.upserted source=district.police item=police.traffic-violation record=虚构交通月报4号 revision=1 subject=cn-id:14 issued=2026-05-08 fields={kind: false-plates}
event notice.served source=district.police item=police.traffic-violation record=虚构交通月报4号 subject=cn-id:14 notice_id=N1 served_on=2026-05-09
expect licence.road-transport clear
expect talent.recognition clear
expect subsidy.start-up clear
expect inspection.transport clear

story police.traffic-violation: it is no firm's record, and a minor has none
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.police item=police.traffic-violation record=虚构交通罚9号 revision=1 subject=uscc:1 issued=2026-05-08 fields={kind: unlicensed}
refuse subject.minor event record.upserted source=district.police item=police.traffic-violation record=虚构交通罚10号 revision=1 subject=cn-id:child issued=2026-05-08 fields={kind: unlicensed}

story carrier-supervision: a carrier is inspected more often until it has mended what was found
now 2026-05-31
event record.upserted source=district.police item=police.carrier-order record=虚构交安改1号 revision=1 subject=uscc:20 issued=2026-05-08 fields={hazard: monitoring}
expect inspection.transport clear
event notice.served source=district.police item=police.carrier-order record=虚构交安改1号 subject=uscc:20 notice_id=N1 served_on=2026-05-10
expect inspection.transport supervised until=2026-11-07
expect licence.road-transport clear
event record.corrected source=district.police item=police.carrier-order record=虚构交安改1号 revision=2 subject=uscc:20 issued=2026-05-08 fields={hazard: monitoring, rectified: true}
expect inspection.transport clear

story police.carrier-order: it ends by itself after six months
now 2026-05-31
event record.upserted source=district.police item=police.carrier-order record=虚构交安改2号 revision=1 subject=uscc:21 issued=2026-05-08 fields={hazard: drivers}
event notice.served source=district.police item=police.carrier-order record=虚构交安改2号 subject=uscc:21 notice_id=N1 served_on=2026-05-10
expect inspection.transport supervised
clock 2026-11-08
expect inspection.transport clear
