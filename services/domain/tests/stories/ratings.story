story points count while the record is in its term, and are taken away with it
now 2026-05-10
event record.upserted source=district.market item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: pass}
rating stars four points=20
expect inspection.routine facilitated since=2026-05-01 until=2026-10-31
event record.upserted source=district.fire item=inspection.result record=I2 revision=1 subject=uscc:1 issued=2026-05-05 fields={result: fail}
rating stars three points=10
expect inspection.routine clear
clock 2026-08-05
rating stars four points=20
expect inspection.routine facilitated until=2026-10-31
event record.withdrawn source=district.market item=inspection.result record=I1 revision=2 subject=uscc:1
rating stars none
expect inspection.routine clear

story a bad band waits for its notice, and so does what follows from it
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-05 fields={result: fail}
rating stars none held-back
notice stars/two/2026-05-05 to-serve
pending more-inspections 1
expect inspection.routine clear
event notice.served source=district.fire item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 notice_id=N1 served_on=2026-05-09
notice stars/two/2026-05-05 served
rating stars two points=-10
pending more-inspections 0
expect inspection.routine supervised since=2026-05-09 until=2026-08-04
clock 2026-08-05
rating stars none
expect inspection.routine clear

story points of an adverse record count from its own notice on
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: serious}
rating stars none
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-08
rating stars none held-back
notice stars/one/2026-05-08 to-serve

story who falls further needs a further notice, who was told the worse has been told
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: fail}
event notice.served source=district.fire item=rating.notice record=stars/two/2026-05-01 subject=uscc:1 notice_id=N1 served_on=2026-05-02
rating stars two points=-10
event record.upserted source=district.fire item=inspection.result record=I2 revision=1 subject=uscc:1 issued=2026-05-08 fields={result: fail}
event record.upserted source=district.market item=inspection.result record=I3 revision=1 subject=uscc:1 issued=2026-05-08 fields={result: fail}
rating stars two held-back
notice stars/one/2026-05-08 to-serve
expect inspection.routine supervised since=2026-05-02 until=2026-08-07
event notice.served source=district.fire item=rating.notice record=stars/one/2026-05-08 subject=uscc:1 notice_id=N3 served_on=2026-05-09
rating stars one points=-30
expect inspection.routine supervised since=2026-05-02 until=2026-08-07
event review.closed source=district.market item=inspection.result record=I3 subject=uscc:1 review_id=R1 outcome=revoked closed_on=2026-05-10
rating stars two points=-20
notice stars/one/2026-05-08 served

story a notice that has lost its object is void, and a new bad time needs a new one
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=building:1 issued=2026-05-05 fields={result: fail}
notice stars/two/2026-05-05 to-serve
event record.withdrawn source=district.fire item=inspection.result record=I1 revision=2 subject=building:1
notice stars/two/2026-05-05 void
rating stars none
clock 2026-06-10
event record.upserted source=district.fire item=inspection.result record=I2 revision=1 subject=building:1 issued=2026-06-05 fields={result: fail}
event notice.served source=district.fire item=rating.notice record=stars/two/2026-05-05 subject=building:1 notice_id=N1 served_on=2026-05-06
rating stars none held-back
notice stars/two/2026-06-05 to-serve

story only its unit confirms a notice, and a rating may be objected to
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-05 fields={result: fail}
event notice.served source=district.market item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 notice_id=N1 served_on=2026-05-09
rating stars none held-back
event notice.served source=district.fire item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 notice_id=N1 served_on=2026-05-09
rating stars two points=-10
event objection.filed source=district.credit-centre publisher=district.fire item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 objection_id=O1 grounds="有误" filed_on=2026-05-10
event objection.resolved source=district.fire item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 objection_id=O1 outcome=upheld resolved_on=2026-05-10
rating stars none held-back
expect inspection.routine clear

story an objection to a record is noted in the flag that its points carry
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-05 fields={result: fail}
event notice.served source=district.fire item=rating.notice record=stars/two/2026-05-05 subject=uscc:1 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.credit-centre publisher=district.fire item=inspection.result record=I1 subject=uscc:1 objection_id=O1 grounds="有误" filed_on=2026-05-10
expect inspection.routine supervised status=objection

story fewer inspections rest while a restriction is in force
now 2026-05-10
event record.upserted source=district.market item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: pass}
expect inspection.routine facilitated
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:1 issued=2026-05-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect inspection.routine clear
expect procurement.bid restricted

story another catalogue rates anew, and a third rating of the same records comes back
now 2026-05-10
event record.upserted source=district.market item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: pass}
rating stars four points=20
activate rated-otherwise
rating stars four points=25
expect inspection.routine clear
activate rated
rating stars four points=20
expect inspection.routine facilitated until=2026-10-31

story minor penalties are not published and count for nothing, however many there are
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=P1 revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=P1 subject=uscc:1 notice_id=N1 served_on=2026-05-02
event record.upserted source=district.fire item=fire.penalty record=P2 revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=P2 subject=uscc:1 notice_id=N1 served_on=2026-05-02
rating stars none
expect inspection.routine clear

story points restrict nothing, however bad the rating
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: fail}
event record.upserted source=district.fire item=inspection.result record=I2 revision=1 subject=uscc:1 issued=2026-05-02 fields={result: fail}
event record.upserted source=district.fire item=inspection.result record=I3 revision=1 subject=uscc:1 issued=2026-05-03 fields={result: fail}
event notice.served source=district.fire item=rating.notice record=stars/one/2026-05-03 subject=uscc:1 notice_id=N1 served_on=2026-05-09
rating stars one points=-30
expect inspection.routine supervised
expect honours.quality-award clear
expect procurement.bid clear
expect licence.food-operation clear

story what was erased is rated no more
now 2026-05-10
event record.upserted source=district.market item=inspection.result record=I1 revision=1 subject=uscc:1 issued=2026-05-01 fields={result: pass}
expect inspection.routine facilitated
event subject.erased source=district.market subject=uscc:1
rating stars none
expect inspection.routine clear

story an honour that was declined counts for nothing, until its subject says otherwise
now 2026-05-10
event record.upserted source=district.market item=honour.award record=H1 revision=1 subject=uscc:1 issued=2026-05-01 fields={title: 虚构奖}
rating stars three points=10
event subject.opted-out source=district.credit-centre subject=uscc:1 on=2026-05-10
rating stars none
event record.upserted source=district.market item=honour.award record=H2 revision=1 subject=uscc:1 issued=2026-05-02 fields={title: 虚构奖}
rating stars none
clock 2026-05-12
event subject.opted-in source=district.credit-centre subject=uscc:1 on=2026-05-12
rating stars four points=20
