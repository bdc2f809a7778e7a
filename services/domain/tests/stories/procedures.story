story an objection annotates at once and an upheld one takes the ground away
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=cn-id:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.credit-centre item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O1 grounds="已履行" filed_on=2026-05-10
expect procurement.bid restricted status=objection
refuse source.not-entitled event objection.resolved source=district.credit-centre item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O1 outcome=upheld resolved_on=2026-05-10
event objection.resolved source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O1 outcome=rejected resolved_on=2026-05-10
expect procurement.bid restricted status=in_force
event objection.filed source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O2 grounds="有误" filed_on=2026-05-10
event objection.resolved source=district.court item=court.judgment-defaulter record=A subject=cn-id:1 objection_id=O2 outcome=upheld resolved_on=2026-05-10
expect procurement.bid clear

story a review annotates, suspends where the measure says so, and a revocation ends it
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:1 notice_id=N1 served_on=2026-05-09
event review.opened source=district.court item=court.judgment-defaulter record=A subject=uscc:1 review_id=R1 kind=litigation opened_on=2026-05-10
expect procurement.bid restricted status=review
expect subsidy.technology-innovation clear
event review.closed source=district.court item=court.judgment-defaulter record=A subject=uscc:1 review_id=R1 outcome=upheld closed_on=2026-05-10
expect subsidy.technology-innovation restricted status=in_force
event review.opened source=district.court item=court.judgment-defaulter record=A subject=uscc:1 review_id=R2 kind=review opened_on=2026-05-10
event review.closed source=district.court item=court.judgment-defaulter record=A subject=uscc:1 review_id=R2 outcome=revoked closed_on=2026-05-10
expect procurement.bid clear
event record.corrected source=district.court item=court.judgment-defaulter record=A revision=2 subject=uscc:1 issued=2026-05-01 fields={ground: 3}
expect procurement.bid clear

story a repair waits for the minimum term and its application
now 2027-06-01
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-05-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:5 notice_id=N1 served_on=2026-05-09
event repair.granted source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 decided_on=2027-06-01
expect inspection.routine supervised
event repair.applied source=district.credit-centre item=fire.penalty record=P1 subject=uscc:5 repair_id=X1 applied_on=2027-04-30
expect inspection.routine supervised
event repair.applied source=district.credit-centre item=fire.penalty record=P1 subject=uscc:5 repair_id=X2 applied_on=2027-05-01
event repair.granted source=district.fire item=fire.penalty record=P1 subject=uscc:5 repair_id=X2 decided_on=2027-06-01
expect inspection.routine clear
expect honours.quality-award clear

story a permission opens one matter for a time
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:1 notice_id=N1 served_on=2026-05-09
event permission.granted source=district.court item=court.judgment-defaulter record=A subject=uscc:1 permission_id=V1 matter=procurement.bid from=2026-05-10 until=2026-05-31 by="虚构法院"
expect procurement.bid clear exceptions=1
expect procurement.lender-financed restricted
clock 2026-05-31
expect procurement.bid clear exceptions=1
clock 2026-06-01
expect procurement.bid restricted exceptions=0
event permission.granted source=district.court item=court.judgment-defaulter record=A subject=uscc:1 permission_id=V2 matter=procurement.bid from=2026-06-01 until=2026-06-30 by="虚构法院"
event record.upserted source=district.court item=court.judgment-defaulter record=B revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=B subject=uscc:1 notice_id=N2 served_on=2026-06-01
expect procurement.bid restricted exceptions=1
event record.withdrawn source=district.court item=court.judgment-defaulter record=B revision=2 subject=uscc:1
expect procurement.bid clear exceptions=1
event permission.ended source=district.court item=court.judgment-defaulter record=A subject=uscc:1 permission_id=V2
expect procurement.bid restricted exceptions=0

story a fact for a record not yet known waits for it
now 2026-05-10
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:9 notice_id=N1 served_on=2026-05-09
expect procurement.bid clear
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:9 issued=2026-05-01 fields={ground: 2}
expect procurement.bid restricted since=2026-05-09

story what was erased stays erased
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=cn-id:9 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=cn-id:9 notice_id=N1 served_on=2026-05-09
event subject.erased source=district.market subject=cn-id:9
expect procurement.bid clear
refuse subject.erased event record.upserted source=district.court item=court.judgment-defaulter record=A revision=2 subject=cn-id:9 issued=2026-05-01 fields={ground: 2}

story what waits for its notice stops waiting when its term is over
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:5 issued=2026-05-01 until=2026-06-30 fields={severity: serious}
pending honours-restriction 1
clock 2026-07-01
pending honours-restriction 0
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:5 notice_id=N1 served_on=2026-06-30
expect honours.quality-award clear
