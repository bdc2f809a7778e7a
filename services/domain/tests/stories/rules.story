story another catalogue lifts and restores, for subjects that no event touches
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation restricted
activate without-subsidies
expect subsidy.technology-innovation clear
expect procurement.bid restricted
activate reference
expect subsidy.technology-innovation restricted until=2028-04-30
