# The whole life of a record under the reference catalogue, tier by tier and rule by rule.

story fire.penalty: minor under order 36: not published, nothing follows, repaired at once
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚101号 revision=1 subject=uscc:31 issued=2026-05-08 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=虚构消罚101号 subject=uscc:31 notice_id=N1 served_on=2026-05-09
record fire.penalty 虚构消罚101号 unpublished
expect inspection.fire clear
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚101号 subject=uscc:31 repair_id=R1 applied_on=2026-05-10
case repair_decision R1 due=2026-05-13
event repair.granted source=district.fire item=fire.penalty record=虚构消罚101号 subject=uscc:31 repair_id=R1 decided_on=2026-05-10
record fire.penalty 虚构消罚101号 repaired

story fire.penalty: general under order 36: three months at least, a year at most
now 2026-08-08
event record.upserted source=district.fire item=fire.penalty record=虚构消罚102号 revision=1 subject=uscc:32 issued=2026-05-08 fields={severity: general}
record fire.penalty 虚构消罚102号 standing until=2027-05-07
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚102号 subject=uscc:32 repair_id=R1 applied_on=2026-08-07
event repair.granted source=district.fire item=fire.penalty record=虚构消罚102号 subject=uscc:32 repair_id=R1 decided_on=2026-08-08
record fire.penalty 虚构消罚102号 standing until=2027-05-07 before-minimum
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚102号 subject=uscc:32 repair_id=R2 applied_on=2026-08-08
event repair.granted source=district.fire item=fire.penalty record=虚构消罚102号 subject=uscc:32 repair_id=R2 decided_on=2026-08-08
record fire.penalty 虚构消罚102号 repaired
event record.upserted source=district.fire item=fire.penalty record=虚构消罚103号 revision=1 subject=uscc:32 issued=2026-05-08 fields={severity: general}
clock 2027-05-07
record fire.penalty 虚构消罚103号 standing until=2027-05-07
clock 2027-05-08
record fire.penalty 虚构消罚103号 expired

story fire.penalty: serious under order 36: a year at least, three at most, and the measures fall with the repair
now 2027-05-08
event record.upserted source=district.fire item=fire.penalty record=虚构消罚104号 revision=1 subject=uscc:33 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚104号 subject=uscc:33 notice_id=N1 served_on=2026-05-09
expect inspection.fire supervised until=2029-05-07
expect honours.quality-award restricted until=2029-05-07
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚104号 subject=uscc:33 repair_id=R1 applied_on=2027-05-07
event repair.granted source=district.fire item=fire.penalty record=虚构消罚104号 subject=uscc:33 repair_id=R1 decided_on=2027-05-08
record fire.penalty 虚构消罚104号 standing until=2029-05-07 before-minimum
expect inspection.fire supervised
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚104号 subject=uscc:33 repair_id=R2 applied_on=2027-05-08
event repair.granted source=district.fire item=fire.penalty record=虚构消罚104号 subject=uscc:33 repair_id=R2 decided_on=2027-05-08
record fire.penalty 虚构消罚104号 repaired
expect inspection.fire clear
expect honours.quality-award clear

story fire.penalty: serious at its maximum: everything ends by itself
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚105号 revision=1 subject=uscc:34 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚105号 subject=uscc:34 notice_id=N1 served_on=2026-05-09
clock 2029-05-07
expect inspection.fire supervised until=2029-05-07
clock 2029-05-08
expect inspection.fire clear
expect honours.quality-award clear
record fire.penalty 虚构消罚105号 expired

story fire.penalty: under notice 527 a serious one is repairable after six months, a general one after three
now 2022-12-01
event record.upserted source=district.fire item=fire.penalty record=虚构消罚106号 revision=1 subject=uscc:35 issued=2022-06-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚106号 subject=uscc:35 notice_id=N1 served_on=2022-06-02
expect inspection.fire supervised until=2025-05-31
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚106号 subject=uscc:35 repair_id=R1 applied_on=2022-11-30
event repair.granted source=district.fire item=fire.penalty record=虚构消罚106号 subject=uscc:35 repair_id=R1 decided_on=2022-12-01
expect inspection.fire supervised
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚106号 subject=uscc:35 repair_id=R2 applied_on=2022-12-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚106号 subject=uscc:35 repair_id=R2 decided_on=2022-12-01
expect inspection.fire clear
event record.upserted source=district.fire item=fire.penalty record=虚构消罚107号 revision=1 subject=uscc:35 issued=2022-06-01 fields={severity: general}
event repair.applied source=district.fire item=fire.penalty record=虚构消罚107号 subject=uscc:35 repair_id=R1 applied_on=2022-08-31
event repair.granted source=district.fire item=fire.penalty record=虚构消罚107号 subject=uscc:35 repair_id=R1 decided_on=2022-12-01
record fire.penalty 虚构消罚107号 standing until=2023-05-31 before-minimum
event repair.applied source=district.fire item=fire.penalty record=虚构消罚107号 subject=uscc:35 repair_id=R2 applied_on=2022-09-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚107号 subject=uscc:35 repair_id=R2 decided_on=2022-12-01
record fire.penalty 虚构消罚107号 repaired
event record.upserted source=district.fire item=fire.penalty record=虚构消罚108号 revision=1 subject=uscc:35 issued=2022-06-01 fields={severity: minor}
event repair.applied source=district.fire item=fire.penalty record=虚构消罚108号 subject=uscc:35 repair_id=R1 applied_on=2022-06-02
event repair.granted source=district.fire item=fire.penalty record=虚构消罚108号 subject=uscc:35 repair_id=R1 decided_on=2022-06-02
record fire.penalty 虚构消罚108号 repaired

story fire.penalty: under order 58 general and serious fire penalties are repairable after a year
now 2025-06-01
event record.upserted source=district.fire item=fire.penalty record=虚构消罚109号 revision=1 subject=uscc:36 issued=2024-06-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚109号 subject=uscc:36 notice_id=N1 served_on=2024-06-02
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚109号 subject=uscc:36 repair_id=R1 applied_on=2025-05-31
event repair.granted source=district.fire item=fire.penalty record=虚构消罚109号 subject=uscc:36 repair_id=R1 decided_on=2025-06-01
expect inspection.fire supervised until=2027-05-31
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚109号 subject=uscc:36 repair_id=R2 applied_on=2025-06-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚109号 subject=uscc:36 repair_id=R2 decided_on=2025-06-01
expect inspection.fire clear
event record.upserted source=district.fire item=fire.penalty record=虚构消罚110号 revision=1 subject=uscc:36 issued=2024-06-01 fields={severity: general}
event repair.applied source=district.fire item=fire.penalty record=虚构消罚110号 subject=uscc:36 repair_id=R1 applied_on=2025-05-31
event repair.granted source=district.fire item=fire.penalty record=虚构消罚110号 subject=uscc:36 repair_id=R1 decided_on=2025-06-01
record fire.penalty 虚构消罚110号 standing until=2027-05-31 before-minimum
event repair.applied source=district.fire item=fire.penalty record=虚构消罚110号 subject=uscc:36 repair_id=R2 applied_on=2025-06-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚110号 subject=uscc:36 repair_id=R2 decided_on=2025-06-01
record fire.penalty 虚构消罚110号 repaired

story fire.penalty: minor under notice 527 and under order 58: not published, nothing follows, repaired at once
now 2024-06-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚114号 revision=1 subject=uscc:39 issued=2024-06-07 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=虚构消罚114号 subject=uscc:39 notice_id=N1 served_on=2024-06-08
record fire.penalty 虚构消罚114号 unpublished
expect inspection.fire clear
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚114号 subject=uscc:39 repair_id=R1 applied_on=2024-06-10
event repair.granted source=district.fire item=fire.penalty record=虚构消罚114号 subject=uscc:39 repair_id=R1 decided_on=2024-06-10
record fire.penalty 虚构消罚114号 repaired
event record.upserted source=district.fire item=fire.penalty record=虚构消罚115号 revision=1 subject=uscc:39 issued=2022-06-07 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=虚构消罚115号 subject=uscc:39 notice_id=N2 served_on=2022-06-08
record fire.penalty 虚构消罚115号 unpublished
expect inspection.fire clear
event repair.applied source=district.credit-centre item=fire.penalty record=虚构消罚115号 subject=uscc:39 repair_id=R2 applied_on=2024-06-10
event repair.granted source=district.fire item=fire.penalty record=虚构消罚115号 subject=uscc:39 repair_id=R2 decided_on=2024-06-10
record fire.penalty 虚构消罚115号 repaired

story fire.penalty: where the rules of the document and of the application differ, the milder counts
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚111号 revision=1 subject=uscc:37 issued=2026-01-10 fields={severity: general}
event repair.applied source=district.fire item=fire.penalty record=虚构消罚111号 subject=uscc:37 repair_id=R1 applied_on=2026-03-31
event repair.granted source=district.fire item=fire.penalty record=虚构消罚111号 subject=uscc:37 repair_id=R1 decided_on=2026-04-02
record fire.penalty 虚构消罚111号 standing until=2029-01-09 before-minimum
event repair.applied source=district.fire item=fire.penalty record=虚构消罚111号 subject=uscc:37 repair_id=R2 applied_on=2026-04-10
event repair.granted source=district.fire item=fire.penalty record=虚构消罚111号 subject=uscc:37 repair_id=R2 decided_on=2026-04-13
record fire.penalty 虚构消罚111号 repaired
event record.upserted source=district.fire item=fire.penalty record=虚构消罚112号 revision=1 subject=uscc:37 issued=2023-04-10 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚112号 subject=uscc:37 notice_id=N1 served_on=2023-04-11
event repair.applied source=district.fire item=fire.penalty record=虚构消罚112号 subject=uscc:37 repair_id=R1 applied_on=2023-10-10
event repair.granted source=district.fire item=fire.penalty record=虚构消罚112号 subject=uscc:37 repair_id=R1 decided_on=2023-10-12
record fire.penalty 虚构消罚112号 repaired

story fire.penalty: objected, overdue, upheld in part, and a corrected record speaks for itself
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=虚构消罚113号 revision=1 subject=uscc:38 issued=2026-05-08 fields={severity: serious}
case notice_service 虚构消罚113号 due=2026-05-18
event notice.served source=district.fire item=fire.penalty record=虚构消罚113号 subject=uscc:38 notice_id=N1 served_on=2026-05-09
no-case notice_service 虚构消罚113号
event objection.filed source=district.credit-centre item=fire.penalty record=虚构消罚113号 subject=uscc:38 objection_id=O1 grounds="虚构：罚款金额有误" filed_on=2026-05-11
expect inspection.fire supervised status=objection
event objection.forwarded source=district.credit-centre item=fire.penalty record=虚构消罚113号 subject=uscc:38 objection_id=O1 forwarded_on=2026-05-11
case objection_decision O1 due=2026-05-13
clock 2026-05-14
case objection_decision O1 due=2026-05-13 overdue=true
expect inspection.fire supervised status=objection
event record.corrected source=district.fire item=fire.penalty record=虚构消罚113号 revision=2 subject=uscc:38 issued=2026-05-08 fields={severity: general, fine_cny: "2000.00"}
event objection.resolved source=district.fire item=fire.penalty record=虚构消罚113号 subject=uscc:38 objection_id=O1 outcome=partly effect=corrected resolved_on=2026-05-14 reason="虚构理由"
no-case objection_decision O1
expect inspection.fire clear
record fire.penalty 虚构消罚113号 standing until=2027-05-07

story fire.penalty: no longer disclosed is no longer used
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=虚构消罚114号 revision=1 subject=uscc:39 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚114号 subject=uscc:39 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.fire item=fire.penalty record=虚构消罚114号 subject=uscc:39 objection_id=O1 grounds="虚构：超过公示期限" filed_on=2026-05-11 by=ex-officio
event objection.resolved source=district.fire item=fire.penalty record=虚构消罚114号 subject=uscc:39 objection_id=O1 outcome=upheld effect=undisclosed resolved_on=2026-05-11
record fire.penalty 虚构消罚114号 delisted
expect inspection.fire clear

story fire.penalty: reviewed and revoked, it is withdrawn with everything that followed
now 2026-05-11
event record.upserted source=district.market item=honour.award record=虚构奖31号 revision=1 subject=uscc:40 issued=2026-01-01 fields={title: 虚构质量奖}
event record.upserted source=district.fire item=fire.penalty record=虚构消罚115号 revision=1 subject=uscc:40 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚115号 subject=uscc:40 notice_id=N1 served_on=2026-05-09
expect licence.food-operation clear
event review.opened source=district.fire item=fire.penalty record=虚构消罚115号 subject=uscc:40 review_id=V1 kind=review opened_on=2026-05-11
case review_decision V1 due=2026-07-10
expect inspection.fire supervised status=review
event review.closed source=district.fire item=fire.penalty record=虚构消罚115号 subject=uscc:40 review_id=V1 outcome=revoked closed_on=2026-05-11 reason="虚构：事实不清"
no-case review_decision V1
record fire.penalty 虚构消罚115号 revoked
expect inspection.fire clear
expect honours.quality-award clear
expect licence.food-operation facilitated

story court.judgment-defaulter: the court has fifteen days for a request to correct, the centre one for handing it on
now 2026-05-11
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执21号 revision=1 subject=cn-id:5 issued=2026-05-08 fields={ground: 1}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.credit-centre item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 objection_id=O1 grounds="虚构：已履行" filed_on=2026-05-11
case objection_check O1 due=2026-05-12
case objection_decision O1 due=2026-05-27
event objection.forwarded source=district.credit-centre item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 objection_id=O1 forwarded_on=2026-05-11
case objection_decision O1 due=2026-05-26
event review.opened source=district.court item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 review_id=V1 kind=review opened_on=2026-05-11
case review_decision V1 due=2026-05-26
expect procurement.bid restricted status=review
event objection.resolved source=district.court item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 objection_id=O1 outcome=rejected resolved_on=2026-05-11 reason="虚构理由"
event review.closed source=district.court item=court.judgment-defaulter record=虚构执21号 subject=cn-id:5 review_id=V1 outcome=upheld closed_on=2026-05-11
expect procurement.bid restricted status=in_force

story court.judgment-defaulter: early deletion, by a withdrawal with its reason or by a repair
now 2026-05-11
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执22号 revision=1 subject=uscc:41 issued=2026-05-08 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执22号 subject=uscc:41 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted until=2028-05-07
event record.withdrawn source=district.court item=court.judgment-defaulter record=虚构执22号 revision=2 subject=uscc:41 reason="虚构：申请执行人书面申请删除"
expect procurement.bid clear
record court.judgment-defaulter 虚构执22号 withdrawn
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执23号 revision=1 subject=uscc:41 issued=2026-05-08 fields={ground: 6, performance: none}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执23号 subject=uscc:41 notice_id=N2 served_on=2026-05-09
expect procurement.bid restricted
event repair.applied source=district.credit-centre item=court.judgment-defaulter record=虚构执23号 subject=uscc:41 repair_id=R1 applied_on=2026-05-11
event repair.granted source=district.court item=court.judgment-defaulter record=虚构执23号 subject=uscc:41 repair_id=R1 decided_on=2026-05-11
expect procurement.bid clear
record court.judgment-defaulter 虚构执23号 repaired

story court.judgment-defaulter: nothing passes from a firm to anybody else
now 2026-05-11
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执24号 revision=1 subject=uscc:42 issued=2026-05-08 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执24号 subject=uscc:42 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted
event record.upserted source=district.market item=honour.award record=虚构奖33号 revision=1 subject=cn-id:6 issued=2026-01-01 fields={title: 虚构个人奖}
expect procurement.bid clear
expect subsidy.technology-innovation clear
expect licence.food-operation facilitated

story court.bankruptcy-obstruction: no repair before three years
now 2026-05-11
event record.upserted source=district.court item=court.bankruptcy-obstruction record=虚构破21号 revision=1 subject=uscc:43 issued=2024-05-08 fields={conduct: asset-transfer}
event repair.applied source=district.court item=court.bankruptcy-obstruction record=虚构破21号 subject=uscc:43 repair_id=R1 applied_on=2026-05-11
event repair.granted source=district.court item=court.bankruptcy-obstruction record=虚构破21号 subject=uscc:43 repair_id=R1 decided_on=2026-05-11
record court.bankruptcy-obstruction 虚构破21号 standing until=2027-05-07 before-minimum

story honour.award: declined, nothing of it counts; adverse records are not touched
now 2026-05-11
event record.upserted source=district.market item=honour.award record=虚构奖32号 revision=1 subject=uscc:44 issued=2026-01-01 fields={title: 虚构质量奖}
expect licence.food-operation facilitated
event subject.opted-out source=district.credit-centre subject=uscc:44 on=2026-05-11
expect licence.food-operation clear
event record.upserted source=district.fire item=fire.penalty record=虚构消罚116号 revision=1 subject=uscc:44 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚116号 subject=uscc:44 notice_id=N1 served_on=2026-05-09
expect inspection.fire supervised
refuse source.not-entitled event subject.opted-out source=district.fire subject=uscc:44 on=2026-05-11
event subject.erased source=district.market subject=uscc:44
expect inspection.fire clear
refuse subject.erased event subject.opted-in source=district.credit-centre subject=uscc:44 on=2026-05-11
