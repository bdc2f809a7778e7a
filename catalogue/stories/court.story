# What follows from the court's documents. Dates are fictitious, and so is everybody.

story court.judgment-defaulter: a listing restricts subsidies, honours and procurement from its notice on
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执〔2026〕1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={ground: 2, duty: 虚构的付款义务, performance: none}
expect subsidy.technology-innovation clear
pending subsidy-restriction 1
pending procurement-ban 1
pending honours-restriction 1
event notice.served source=district.court item=court.judgment-defaulter record=虚构执〔2026〕1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation restricted until=2028-05-07
expect subsidy.rent restricted until=2028-05-07
expect procurement.bid restricted until=2028-05-07
expect honours.quality-award restricted until=2028-05-07
expect honours.model-worker restricted until=2028-05-07
expect licence.food-operation clear
expect inspection.routine clear
expect commitment.licence restricted until=2028-05-07
expect land.transfer clear
clock 2028-05-08
expect subsidy.technology-innovation clear
expect procurement.bid clear

story court.judgment-defaulter: the first ground ends when the duty is done, not on a date
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执2号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={ground: 1}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执2号 subject=cn-id:1 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation restricted until=none
clock 2036-05-10
expect subsidy.technology-innovation restricted until=none
event record.withdrawn source=district.court item=court.judgment-defaulter record=虚构执2号 revision=2 subject=cn-id:1 reason="虚构：已履行完毕"
expect subsidy.technology-innovation clear

story court.judgment-defaulter: violence or several acts prolong the two years to five at most
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执3号 revision=1 subject=uscc:3 issued=2026-05-08 fields={ground: 3, aggravated: true}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执3号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted until=2031-05-07
refuse valid.over-maximum event record.upserted source=district.court item=court.judgment-defaulter record=虚构执4号 revision=1 subject=uscc:3 issued=2026-05-08 until=2032-05-08 fields={ground: 3, aggravated: true}

story court.judgment-defaulter: a listing of 2016 is judged by the rules of 2013 and of then
now 2016-06-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执5号 revision=1 subject=uscc:5 issued=2016-06-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执5号 subject=uscc:5 notice_id=N1 served_on=2016-06-05
expect procurement.bid restricted until=2018-05-31
expect honours.quality-award restricted until=2018-05-31
clock 2018-06-01
expect procurement.bid clear

story court.judgment-defaulter: before the rules of 2013 there is nothing to record
now 2026-05-10
refuse item.not-in-force event record.upserted source=district.court item=court.judgment-defaulter record=虚构执6号 revision=1 subject=uscc:6 issued=2013-09-30 fields={ground: 2}

story court.judgment-defaulter: a minor is never listed, and nobody but the court lists
now 2026-05-10
refuse subject.minor event record.upserted source=district.court item=court.judgment-defaulter record=虚构执7号 revision=1 subject=cn-id:child issued=2026-05-08 fields={ground: 2}
refuse source.not-entitled event record.upserted source=district.market publisher=district.court item=court.judgment-defaulter record=虚构执8号 revision=1 subject=uscc:8 issued=2026-05-08 fields={ground: 2}
refuse field.missing event record.upserted source=district.court item=court.judgment-defaulter record=虚构执9号 revision=1 subject=uscc:9 issued=2026-05-08 fields={performance: none}

story court.judgment-defaulter: the credit centre takes an objection, only the court decides it
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执10号 revision=1 subject=uscc:10 issued=2026-05-08 fields={ground: 4}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执10号 subject=uscc:10 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.credit-centre item=court.judgment-defaulter record=虚构执10号 subject=uscc:10 objection_id=O1 grounds="虚构：不是本单位" filed_on=2026-05-10
expect procurement.bid restricted status=objection
refuse source.not-entitled event objection.resolved source=district.credit-centre item=court.judgment-defaulter record=虚构执10号 subject=uscc:10 objection_id=O1 outcome=upheld resolved_on=2026-05-10
event objection.resolved source=district.court item=court.judgment-defaulter record=虚构执10号 subject=uscc:10 objection_id=O1 outcome=upheld resolved_on=2026-05-10
expect procurement.bid clear

story court.judgment-defaulter: the court may permit one matter and leave the others restricted
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执11号 revision=1 subject=uscc:11 issued=2026-05-08 fields={ground: 5}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执11号 subject=uscc:11 notice_id=N1 served_on=2026-05-09
event permission.granted source=district.court item=court.judgment-defaulter record=虚构执11号 subject=uscc:11 permission_id=P1 matter=procurement.bid from=2026-05-10 until=2026-08-31 by=虚构区人民法院
expect procurement.bid clear exceptions=1
expect subsidy.technology-innovation restricted until=2028-05-07

story court.reorganisation-plan: an approved plan is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.court item=court.reorganisation-plan record=虚构破1号 revision=1 subject=uscc:12 issued=2026-05-08 fields={stage: approved}
expect subsidy.technology-innovation clear
expect procurement.bid clear
expect licence.food-operation clear
# Carried out, it is on record as well (84), and nothing follows either.
event record.upserted source=district.court item=court.reorganisation-plan record=虚构破1号 revision=2 subject=uscc:12 issued=2026-05-08 fields={stage: completed}
expect subsidy.technology-innovation clear
expect procurement.bid clear

story court.bankruptcy-obstruction: it is recorded for three years and nothing follows here
now 2026-05-10
event record.upserted source=district.court item=court.bankruptcy-obstruction record=虚构破2号 revision=1 subject=uscc:13 issued=2026-05-08 fields={conduct: asset-transfer}
event notice.served source=district.court item=court.bankruptcy-obstruction record=虚构破2号 subject=uscc:13 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation clear
expect commitment.licence clear

story subsidy-restriction: a listing of 2022 still in force is judged by the measure of its day
now 2023-06-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执12号 revision=1 subject=uscc:14 issued=2022-06-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执12号 subject=uscc:14 notice_id=N1 served_on=2022-06-05
expect subsidy.rent restricted until=2024-05-31
expect procurement.bid restricted until=2024-05-31
expect honours.quality-award restricted until=2024-05-31
event permission.granted source=district.court item=court.judgment-defaulter record=虚构执12号 subject=uscc:14 permission_id=P1 matter=subsidy.rent from=2023-06-10 until=2023-06-30 by=虚构区人民法院
expect subsidy.rent clear exceptions=1
expect subsidy.start-up restricted until=2024-05-31
clock 2023-07-01
expect subsidy.rent restricted until=2024-05-31

story procurement-ban: a listing bars every procurement
now 2026-05-10
event record.upserted source=district.market item=market.serious-violation record=虚构市监列10号 revision=1 subject=uscc:15 issued=2026-05-08 until=2027-12-31
event notice.served source=district.market item=market.serious-violation record=虚构市监列10号 subject=uscc:15 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted until=2027-12-31
expect procurement.government-goods restricted until=2027-12-31
expect procurement.single-source restricted until=2027-12-31

story court.reorganisation-plan: whoever made a record shields it while the plan is carried out, and then it stands again
now 2026-06-10
event record.upserted source=district.market item=market.serious-violation record=虚构市监列20号 revision=1 subject=uscc:16 issued=2026-04-08 until=2028-12-31
event notice.served source=district.market item=market.serious-violation record=虚构市监列20号 subject=uscc:16 notice_id=N1 served_on=2026-04-20
event record.upserted source=district.fire item=fire.penalty record=虚构消罚20号 revision=1 subject=uscc:16 issued=2026-04-10 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚20号 subject=uscc:16 notice_id=N2 served_on=2026-04-20
event record.upserted source=district.market item=honour.award record=虚构奖20号 revision=1 subject=uscc:16 issued=2026-03-01 fields={title: 虚构质量奖}
event record.upserted source=district.court item=court.reorganisation-plan record=虚构破3号 revision=1 subject=uscc:16 issued=2026-06-05 fields={stage: approved}
expect procurement.bid restricted until=2028-12-31
expect inspection.routine supervised
refuse source.not-entitled event permission.granted source=district.court publisher=district.market item=market.serious-violation record=虚构市监列20号 subject=uscc:16 permission_id=P1 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
event permission.granted source=district.market item=market.serious-violation record=虚构市监列20号 subject=uscc:16 permission_id=P1 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
record market.serious-violation 虚构市监列20号 standing until=2028-12-31 shielded=2027-06-09
expect procurement.bid clear
expect subsidy.technology-innovation clear
expect honours.quality-award restricted
expect inspection.routine supervised
event permission.granted source=district.fire item=fire.penalty record=虚构消罚20号 subject=uscc:16 permission_id=P2 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
expect honours.quality-award clear
expect inspection.routine clear
expect licence.food-operation facilitated until=2027-06-09
clock 2027-06-09
expect procurement.bid clear
clock 2027-06-10
record market.serious-violation 虚构市监列20号 standing until=2028-12-31
expect procurement.bid restricted since=2027-06-10 until=2028-12-31
expect honours.quality-award restricted
expect inspection.routine supervised
expect licence.food-operation clear

story court.reorganisation-plan: a plan that fails shields nothing more, one that is carried out ends in a repair
now 2026-06-10
event record.upserted source=district.market item=market.serious-violation record=虚构市监列21号 revision=1 subject=uscc:17 issued=2026-04-08 until=2028-12-31
event notice.served source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:17 notice_id=N1 served_on=2026-04-20
event permission.granted source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:17 permission_id=P1 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
expect procurement.bid clear
clock 2026-09-01
event permission.ended source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:17 permission_id=P1
expect procurement.bid restricted since=2026-04-20 until=2028-12-31
event permission.granted source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:17 permission_id=P2 matter=registration.reorganisation-shielding from=2026-09-01 until=2027-06-09 by=虚构区人民法院
expect procurement.bid clear
clock 2027-06-01
event repair.applied source=district.credit-centre item=market.serious-violation record=虚构市监列21号 subject=uscc:17 repair_id=X1 applied_on=2027-06-01
event repair.granted source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:17 repair_id=X1 decided_on=2027-06-01
clock 2027-06-10
expect procurement.bid clear
record market.serious-violation 虚构市监列21号 repaired

story registration.reorganisation-shielding: nobody but an organisation is reorganised, and no shield begins before it is granted
now 2026-06-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执20号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执20号 subject=cn-id:2 notice_id=N1 served_on=2026-05-09
refuse subject.kind-not-lawful event permission.granted source=district.court item=court.judgment-defaulter record=虚构执20号 subject=cn-id:2 permission_id=P1 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执21号 revision=1 subject=uscc:18 issued=2026-05-08 fields={ground: 1}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执21号 subject=uscc:18 notice_id=N1 served_on=2026-05-09
refuse date.future event permission.granted source=district.court item=court.judgment-defaulter record=虚构执21号 subject=uscc:18 permission_id=P1 matter=registration.reorganisation-shielding from=2026-07-01 until=2027-06-09 by=虚构区人民法院
event permission.granted source=district.court item=court.judgment-defaulter record=虚构执21号 subject=uscc:18 permission_id=P1 matter=registration.reorganisation-shielding from=2026-06-10 until=2027-06-09 by=虚构区人民法院
expect procurement.bid clear
clock 2027-06-10
expect procurement.bid restricted since=2027-06-10 until=none
