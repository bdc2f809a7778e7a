# The market regulator: serious list, irregular list, penalties, permits, awards.

story market.serious-violation: a listing restricts the same as the court's, for three years at most
now 2026-05-10
event record.upserted source=district.market item=market.serious-violation record=虚构市监列〔2026〕1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={act: 虚构的严重违法行为}
event notice.served source=district.market item=market.serious-violation record=虚构市监列〔2026〕1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation restricted until=2029-05-07
expect honours.quality-award restricted until=2029-05-07
expect procurement.bid restricted until=2029-05-07
expect licence.food-operation clear
expect inspection.routine clear

story market.serious-violation: a repair counts from the first year on, not before
now 2027-05-07
event record.upserted source=district.market item=market.serious-violation record=虚构市监列2号 revision=1 subject=uscc:2 issued=2026-05-08
event notice.served source=district.market item=market.serious-violation record=虚构市监列2号 subject=uscc:2 notice_id=N1 served_on=2026-05-09
event repair.applied source=district.credit-centre item=market.serious-violation record=虚构市监列2号 subject=uscc:2 repair_id=R1 applied_on=2027-05-07
event repair.granted source=district.market item=market.serious-violation record=虚构市监列2号 subject=uscc:2 repair_id=R1 decided_on=2027-05-07
expect procurement.bid restricted until=2029-05-07
clock 2027-05-08
event repair.applied source=district.market item=market.serious-violation record=虚构市监列2号 subject=uscc:2 repair_id=R2 applied_on=2027-05-08
event repair.granted source=district.market item=market.serious-violation record=虚构市监列2号 subject=uscc:2 repair_id=R2 decided_on=2027-05-08
expect procurement.bid clear

story market.serious-violation: a firm's listing is not recorded of a person
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.market item=market.serious-violation record=虚构市监列3号 revision=1 subject=cn-id:1 issued=2026-05-08

story abnormal-list-restriction: the irregular list bars land and the honour of integrity until the duty is done
now 2026-05-10
event record.upserted source=district.market item=market.abnormal-operation record=虚构异常1号 revision=1 subject=uscc:4 issued=2026-05-08 fields={reason: annual-report}
expect land.transfer clear
event notice.served source=district.market item=market.abnormal-operation record=虚构异常1号 subject=uscc:4 notice_id=N1 served_on=2026-05-09
expect land.transfer restricted until=none
expect land.auction restricted until=none
expect honours.integrity-enterprise restricted until=none
expect honours.quality-award clear
expect procurement.bid clear
expect subsidy.technology-innovation clear

story simple-deregistration-bar: who is on the irregular list deregisters by the ordinary procedure
now 2026-05-10
event record.upserted source=district.market item=market.abnormal-operation record=虚构异常2号 revision=1 subject=uscc:5 issued=2026-05-08 fields={reason: unreachable}
event notice.served source=district.market item=market.abnormal-operation record=虚构异常2号 subject=uscc:5 notice_id=N1 served_on=2026-05-09
expect registration.simple-deregistration restricted until=none
expect registration.establishment clear
event record.withdrawn source=district.market item=market.abnormal-operation record=虚构异常2号 revision=2 subject=uscc:5 reason="虚构：已移出"
expect registration.simple-deregistration clear

story market.registration: it is recorded for as long as the document says, and nothing follows
now 2026-05-10
event record.upserted source=district.market item=market.registration record=虚构登记1号 revision=1 subject=uscc:6 issued=2026-05-08 until=2099-12-31 fields={kind: enterprise}
expect registration.simple-deregistration clear
refuse document.no-end event record.upserted source=district.market item=market.registration record=虚构登记2号 revision=1 subject=uscc:6 issued=2026-05-08 fields={kind: enterprise}

story market.penalty: penalties of the regulator are published, and nothing follows from them alone
now 2026-05-10
event record.upserted source=district.market item=market.penalty record=虚构市监罚1号 revision=1 subject=uscc:7 issued=2026-05-08 fields={kind: fine, fine_cny: "30000.00"}
event notice.served source=district.market item=market.penalty record=虚构市监罚1号 subject=uscc:7 notice_id=N1 served_on=2026-05-09
expect subsidy.technology-innovation clear
expect inspection.routine clear
expect honours.quality-award clear
refuse valid.over-maximum event record.upserted source=district.market item=market.penalty record=虚构市监罚2号 revision=1 subject=uscc:7 issued=2026-05-08 until=2026-12-31 fields={kind: low-fine}

story food-licence-bar: a food licence obtained by deceit bars that licence for three years
now 2026-05-10
event record.upserted source=district.market item=market.licence-fraud record=虚构撤许1号 revision=1 subject=uscc:8 issued=2026-05-08 fields={licence: food-operation}
event notice.served source=district.market item=market.licence-fraud record=虚构撤许1号 subject=uscc:8 notice_id=N1 served_on=2026-05-09
expect licence.food-operation restricted until=2029-05-07
expect licence.drug-retail clear
expect subsidy.technology-innovation clear

story drug-licence-bar: a drug licence obtained by deceit bars that one, and a repair does not shorten the law's term
now 2027-06-01
event record.upserted source=district.market item=market.licence-fraud record=虚构撤许2号 revision=1 subject=uscc:9 issued=2026-05-08 fields={licence: drug-retail}
event notice.served source=district.market item=market.licence-fraud record=虚构撤许2号 subject=uscc:9 notice_id=N1 served_on=2026-05-09
expect licence.drug-retail restricted until=2029-05-07
expect licence.food-operation clear
event repair.applied source=district.market item=market.licence-fraud record=虚构撤许2号 subject=uscc:9 repair_id=R1 applied_on=2027-06-01
event repair.granted source=district.market item=market.licence-fraud record=虚构撤许2号 subject=uscc:9 repair_id=R1 decided_on=2027-06-01
expect licence.drug-retail restricted until=2029-05-07

story product-quality-supervision: a failed product check brings closer checks, unless it was put right
now 2026-05-10
event record.upserted source=district.market item=market.quality-inspection record=虚构抽检1号 revision=1 subject=uscc:10 issued=2026-05-08 fields={product: 虚构产品}
event notice.served source=district.market item=market.quality-inspection record=虚构抽检1号 subject=uscc:10 notice_id=N1 served_on=2026-05-09
expect inspection.product supervised until=2027-05-07
expect inspection.routine clear
event record.corrected source=district.market item=market.quality-inspection record=虚构抽检1号 revision=2 subject=uscc:10 issued=2026-05-08 fields={product: 虚构产品, rectified: true}
expect inspection.product clear

story market.permit: a permit is recorded for as long as it says, and nothing follows
now 2026-05-10
event record.upserted source=district.market item=market.permit record=虚构许可1号 revision=1 subject=uscc:11 issued=2026-05-08 until=2031-05-07 fields={permit: 虚构食品经营许可, scope: 热食类}
expect licence.food-operation clear
expect subsidy.technology-innovation clear
refuse document.no-end event record.upserted source=district.market item=market.permit record=虚构许可2号 revision=1 subject=uscc:11 issued=2026-05-08

story honour.award: an award opens the fast lane for licences, three years at most
now 2026-05-10
event record.upserted source=district.market item=honour.award record=虚构质奖1号 revision=1 subject=uscc:12 issued=2026-05-08 fields={title: 虚构区长质量奖, level: district}
expect licence.food-operation facilitated until=2029-05-07
expect licence.construction facilitated until=2029-05-07
expect subsidy.technology-innovation clear
clock 2029-05-08
expect licence.food-operation clear
refuse field.missing event record.upserted source=district.market item=honour.award record=虚构质奖2号 revision=1 subject=uscc:12 issued=2026-05-08 fields={level: district}

story licence-fast-lane: it rests while a restriction is in force anywhere, not while one waits for its notice
now 2026-05-10
event record.upserted source=district.market item=honour.award record=虚构质奖3号 revision=1 subject=uscc:13 issued=2026-05-01 fields={title: 虚构区长质量奖}
event record.upserted source=district.market item=market.abnormal-operation record=虚构异常3号 revision=1 subject=uscc:13 issued=2026-05-08 fields={reason: annual-report}
expect licence.food-operation facilitated
event notice.served source=district.market item=market.abnormal-operation record=虚构异常3号 subject=uscc:13 notice_id=N1 served_on=2026-05-10
expect licence.food-operation clear
event record.withdrawn source=district.market item=market.abnormal-operation record=虚构异常3号 revision=2 subject=uscc:13 reason="虚构：已移出"
expect licence.food-operation facilitated

story market.abnormal-operation: only the registrar lists, and the reason must be one of the law's
now 2026-05-10
refuse source.not-entitled event record.upserted source=district.tax publisher=district.market item=market.abnormal-operation record=虚构异常4号 revision=1 subject=uscc:14 issued=2026-05-08 fields={reason: annual-report}
refuse field.invalid event record.upserted source=district.market item=market.abnormal-operation record=虚构异常5号 revision=1 subject=uscc:14 issued=2026-05-08 fields={reason: unpopular}

story market.licence-fraud: another licence obtained by deceit bars none of those recorded here
now 2026-05-10
event record.upserted source=district.market item=market.licence-fraud record=虚构撤许3号 revision=1 subject=uscc:15 issued=2026-05-08 fields={licence: other}
event notice.served source=district.market item=market.licence-fraud record=虚构撤许3号 subject=uscc:15 notice_id=N1 served_on=2026-05-09
expect licence.food-operation clear
expect licence.drug-retail clear

story market.quality-inspection: it is about a firm's product, never about a person
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.market item=market.quality-inspection record=虚构抽检2号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={product: 虚构产品}
