# 2026-04-30 is a Thursday, 05-01 to 05-05 are off, 05-09 is a Saturday that is worked.

story an objection that the centre took: one working day for it, two for the provider, three more with approval
now 2026-05-06
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-06 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-06
event objection.filed source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="不属实" filed_on=2026-05-06
expect inspection.routine supervised status=objection
case objection_check O1 due=2026-05-07
case objection_decision O1 due=2026-05-09
clock 2026-05-07
case objection_check O1 due=2026-05-07
event objection.forwarded source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 forwarded_on=2026-05-07
no-case objection_check O1
case objection_decision O1 due=2026-05-09
clock 2026-05-09
event objection.extended source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 extended_on=2026-05-09 approved_by="虚构主要负责人"
case objection_decision O1 due=2026-05-13 extended=true
clock 2026-05-13
case objection_decision O1 due=2026-05-13 extended=true
clock 2026-05-14
case objection_decision O1 due=2026-05-13 extended=true overdue=true
expect inspection.routine supervised status=objection
event objection.resolved source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 outcome=rejected resolved_on=2026-05-14
no-case objection_decision O1
expect inspection.routine supervised status=in_force

story holidays do not count, and a filing on a holiday begins on it
now 2026-05-02
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-04-29 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-04-30
no-case objection_check O1
case objection_decision O1 due=2026-05-07
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O2 grounds="g" filed_on=2026-05-02 by=ex-officio
case objection_decision O2 due=2026-05-07

story a centre that hands nothing on is overdue itself, and stops no other's clock
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-08
event objection.filed source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
clock 2026-05-13
case objection_check O1 due=2026-05-12 overdue=true
case objection_decision O1 due=2026-05-14
clock 2026-05-15
case objection_decision O1 due=2026-05-14 overdue=true
expect honours.quality-award restricted status=objection

story an extension after the time is over gives none
now 2026-05-15
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
case objection_decision O1 due=2026-05-13 overdue=true
event objection.extended source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 extended_on=2026-05-14 approved_by="虚构主要负责人"
case objection_decision O1 due=2026-05-13 overdue=true
event objection.extended source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 extended_on=2026-05-13 approved_by="虚构主要负责人"
case objection_decision O1 due=2026-05-18 extended=true

story an extension names who approved it, and nobody but the publisher extends
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
refuse field.missing event objection.extended source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 extended_on=2026-05-11
refuse source.not-entitled event objection.extended source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 extended_on=2026-05-11 approved_by="x"
refuse source.not-entitled event objection.forwarded source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 forwarded_on=2026-05-11
refuse field.invalid event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O2 grounds="g" filed_on=2026-05-11 by=neighbour

story the court has fifteen days, and a last day that is not worked goes on to the next
now 2026-05-11
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=cn-id:1 issued=2026-05-06 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 notice_id=N1 served_on=2026-05-07
event objection.filed source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O1 grounds="已履行" filed_on=2026-05-08
case objection_decision O1 due=2026-05-25
event review.opened source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 review_id=R1 kind=review opened_on=2026-05-11
case review_decision R1 due=2026-07-10
event review.opened source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 review_id=R2 kind=litigation opened_on=2026-05-11
no-case review_decision R2
event review.closed source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 review_id=R1 outcome=upheld closed_on=2026-05-11 reason="虚构理由"
no-case review_decision R1
clock 2026-05-26
case objection_decision O1 due=2026-05-25 overdue=true
expect procurement.bid restricted status=review

story a repair is decided in three working days, once the papers are complete
now 2027-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-05-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:5 notice_id=N1 served_on=2026-05-08
event repair.applied source=district.credit-centre item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 applied_on=2027-05-03
case repair_decision X1 due=2027-05-06 overdue=true
event repair.incomplete source=district.credit-centre item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 requested_on=2027-05-04 papers="虚构整改证明"
no-case repair_decision X1
event repair.completed source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 completed_on=2027-05-10
case repair_decision X1 due=2027-05-13
event repair.incomplete source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 requested_on=2027-05-10 papers="虚构的另一份材料"
case repair_decision X1 due=2027-05-13
event repair.extended source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 extended_on=2027-05-10 approved_by="虚构主要负责人"
case repair_decision X1 due=2027-05-18 extended=true
expect inspection.routine supervised
clock 2027-05-18
event repair.granted source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 decided_on=2027-05-18
no-case repair_decision X1
expect inspection.routine clear
expect honours.quality-award clear

story papers that are asked for too late stop no clock
now 2027-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-05-01 fields={severity: serious}
event repair.applied source=district.credit-centre item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 applied_on=2027-05-03
event repair.incomplete source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 requested_on=2027-05-07 papers="虚构材料"
case repair_decision X1 due=2027-05-06 overdue=true
event repair.refused source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 decided_on=2027-05-10 reason="虚构理由"
no-case repair_decision X1

story a decision is to be served in seven working days, and binds nobody before
now 2026-05-08
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-04-30 fields={severity: serious}
case notice_service P1 due=2026-05-13
event record.upserted source=district.fire item=fire.penalty record=P2 revision=1 subject=uscc:5 issued=2026-04-30 fields={severity: general}
case notice_service P2 due=2026-05-13
expect honours.quality-award clear
event notice.served source=district.fire item=fire.penalty record=P2 subject=uscc:5 notice_id=N2 served_on=2026-05-08
no-case notice_service P2
clock 2026-05-14
case notice_service P1 due=2026-05-13 overdue=true
expect inspection.routine clear
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:5 notice_id=N1 served_on=2026-05-14
no-case notice_service P1
expect inspection.routine supervised since=2026-05-14

story what is asked of a record that no longer stands has no object
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
case objection_decision O1 due=2026-05-13
event record.withdrawn source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 reason="虚构理由"
no-case objection_decision O1
event record.upserted source=district.fire item=fire.penalty record=P1 revision=3 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
case objection_decision O1 due=2026-05-13
event subject.erased source=district.market subject=uscc:1
no-case objection_decision O1
clock 2026-05-14
no-case objection_decision O1

story an objection that was found right is settled when the record is corrected, not when that is announced
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-08
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
event objection.resolved source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 outcome=upheld effect=corrected resolved_on=2026-05-12 reason="虚构理由"
expect inspection.routine supervised status=objection
case objection_decision O1 due=2026-05-13
clock 2026-05-14
case objection_decision O1 due=2026-05-13 overdue=true
event record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: minor}
no-case objection_decision O1
expect inspection.routine clear

story a record that was incomplete is contested until it is supplemented, and a later revision contests it no more
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-08
event objection.filed source=district.credit-centre item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
event objection.resolved source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 outcome=upheld effect=supplemented resolved_on=2026-05-12 reason="虚构理由"
expect inspection.routine supervised status=objection
event record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
expect inspection.routine supervised status=in_force
no-case objection_decision O1
event record.upserted source=district.fire item=fire.penalty record=P1 revision=3 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
expect inspection.routine supervised status=in_force

story a correction settles an objection also where an upsert has said the same before, and after a later revision
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
event objection.resolved source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 outcome=partly resolved_on=2026-05-12 reason="虚构理由"
event record.upserted source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: general}
case objection_decision O1 due=2026-05-13
event record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: general}
no-case objection_decision O1
repeat record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: general}
event record.upserted source=district.fire item=fire.penalty record=P2 revision=3 subject=uscc:2 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P2 subject=uscc:2 objection_id=O1 grounds="g" filed_on=2026-05-11
event objection.resolved source=district.fire item=fire.penalty record=P2 subject=uscc:2 objection_id=O1 outcome=upheld effect=corrected resolved_on=2026-05-12 reason="虚构理由"
event record.corrected source=district.fire item=fire.penalty record=P2 revision=2 subject=uscc:2 issued=2026-05-08 fields={severity: general}
no-case objection_decision O1

story a correction that was refused settles nothing when it is sent again after a newer revision, and the next one does
now 2026-05-11
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious}
event objection.filed source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 grounds="g" filed_on=2026-05-11
event objection.resolved source=district.fire item=fire.penalty record=P1 subject=uscc:1 objection_id=O1 outcome=partly resolved_on=2026-05-12 reason="虚构理由"
event record.upserted source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: general}
refuse revision.conflict event record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: minor}
case objection_decision O1 due=2026-05-13
event record.upserted source=district.fire item=fire.penalty record=P1 revision=3 subject=uscc:1 issued=2026-05-08 fields={severity: general}
refuse revision.conflict event record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: minor}
case objection_decision O1 due=2026-05-13
event record.corrected source=district.fire item=fire.penalty record=P1 revision=4 subject=uscc:1 issued=2026-05-08 fields={severity: minor}
no-case objection_decision O1
repeat record.corrected source=district.fire item=fire.penalty record=P1 revision=2 subject=uscc:1 issued=2026-05-08 fields={severity: minor}
