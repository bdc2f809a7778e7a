story a listing restricts from its notice to its end
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执1号 revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
expect subsidy.technology-innovation clear
pending subsidy-restriction 1
event notice.served source=district.court item=court.judgment-defaulter record=虚构执1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
pending subsidy-restriction 0
expect subsidy.technology-innovation restricted since=2026-05-09 until=2028-04-30 status=in_force grounds=1
expect procurement.bid restricted until=2028-04-30
expect procurement.lender-financed restricted until=2028-04-30
expect honours.quality-award restricted until=2028-04-30
expect licence.food-operation clear
expect inspection.routine clear
clock 2028-04-30
expect procurement.bid restricted until=2028-04-30
clock 2028-05-01
expect procurement.bid clear

story the first ground has no end but the law's condition
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:2 issued=2026-05-01 fields={ground: 1}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:2 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted until=none
clock 2046-05-10
expect procurement.bid restricted until=none

story an award opens the fast lane unless a restriction is in force anywhere
now 2026-05-10
event record.upserted source=district.market item=honour.award record=W1 revision=1 subject=uscc:3 issued=2026-01-01 fields={title: 虚构质量奖}
expect licence.food-operation facilitated
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:3 issued=2026-05-01 fields={ground: 3}
expect licence.food-operation facilitated
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:3 notice_id=N1 served_on=2026-05-10
expect licence.food-operation clear
repeat record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:3 issued=2026-05-01 fields={ground: 3}
event record.withdrawn source=district.court item=court.judgment-defaulter record=A revision=2 subject=uscc:3 reason="fulfilled"
expect subsidy.technology-innovation clear
expect licence.food-operation facilitated
repeat record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:3 issued=2026-05-01 fields={ground: 3}
expect subsidy.technology-innovation clear
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=3 subject=uscc:3 issued=2026-05-01 fields={ground: 3}
expect subsidy.technology-innovation restricted
clock 2029-01-01
expect licence.food-operation clear

story a coming restriction blocks the fast lane only from its day on
now 2026-05-10
event record.upserted source=district.market item=honour.award record=W1 revision=1 subject=uscc:3 issued=2026-01-01 fields={title: 虚构质量奖}
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:3 issued=2026-05-01 effective=2026-06-01 fields={ground: 3}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:3 notice_id=N1 served_on=2026-05-10
expect licence.food-operation facilitated until=2026-05-31
expect procurement.bid clear
clock 2026-06-01
expect licence.food-operation clear
expect procurement.bid restricted until=2028-04-30

story withdrawing one of two grounds does not lift
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:4 issued=2026-05-01 fields={ground: 2}
event record.upserted source=district.court item=court.judgment-defaulter record=B revision=1 subject=uscc:4 issued=2026-04-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:4 notice_id=N1 served_on=2026-05-09
event notice.served source=district.court item=court.judgment-defaulter record=B subject=uscc:4 notice_id=N2 served_on=2026-05-09
expect procurement.bid restricted until=2028-04-30 grounds=2
event record.withdrawn source=district.court item=court.judgment-defaulter record=A revision=2 subject=uscc:4
expect procurement.bid restricted until=2028-03-31 grounds=1
event record.withdrawn source=district.court item=court.judgment-defaulter record=B revision=2 subject=uscc:4
expect procurement.bid clear

story minor and general penalties restrict nothing, however many
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-05-01 fields={severity: minor}
event record.upserted source=district.fire item=fire.penalty record=P2 revision=1 subject=uscc:5 issued=2026-05-01 fields={severity: general, fine_cny: "20000.00"}
event record.upserted source=district.fire item=fire.penalty record=P3 revision=1 subject=uscc:5 issued=2026-05-02 fields={severity: general}
event record.upserted source=district.fire item=fire.penalty record=P4 revision=1 subject=uscc:5 issued=2026-05-03 fields={severity: general}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:5 notice_id=N1 served_on=2026-05-09
event notice.served source=district.fire item=fire.penalty record=P2 subject=uscc:5 notice_id=N2 served_on=2026-05-09
event notice.served source=district.fire item=fire.penalty record=P3 subject=uscc:5 notice_id=N3 served_on=2026-05-09
expect inspection.routine clear
expect honours.quality-award clear
event record.corrected source=district.fire item=fire.penalty record=P2 revision=2 subject=uscc:5 issued=2026-05-01 fields={severity: serious}
expect inspection.routine supervised until=2029-04-30
expect honours.quality-award restricted
event record.corrected source=district.fire item=fire.penalty record=P2 revision=3 subject=uscc:5 issued=2026-05-01 fields={severity: general}
expect inspection.routine clear
