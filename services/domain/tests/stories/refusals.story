story what is wrong is refused with its code
now 2026-05-10
refuse source.unknown event record.upserted source=district.nobody item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor}
refuse item.unknown event record.upserted source=district.fire item=fire.gossip record=P revision=1 subject=uscc:1 issued=2026-05-01
refuse source.not-entitled event record.upserted source=district.market item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor}
refuse item.not-in-force event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2009-05-01 fields={severity: minor}
refuse type.unknown event record.renamed source=district.fire item=fire.penalty record=P subject=uscc:1
refuse subject.check-digit event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:919900000000000193 issued=2026-05-01 fields={severity: minor}
refuse subject.scheme-unknown event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=passport:12345678901 issued=2026-05-01 fields={severity: minor}
refuse date.future event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-12 fields={severity: minor}
event record.upserted source=district.fire item=fire.penalty record=P0 revision=1 subject=uscc:1 issued=2026-05-11 fields={severity: minor}
refuse date.invalid event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-02-30 fields={severity: minor}
refuse date.order event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 from=2026-06-01 until=2026-05-02 fields={severity: general}
refuse valid.over-maximum event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 until=2027-05-02 fields={severity: general}
refuse document.missing event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 fields={severity: minor}
refuse document.kind event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 kind=rumour fields={severity: minor}
refuse field.missing event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01
refuse field.unknown event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor, mood: bad}
refuse field.invalid event record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: horrible}
refuse field.missing event record.upserted source=district.fire item=fire.penalty record=P subject=uscc:1 issued=2026-05-01 fields={severity: minor}
refuse field.missing event notice.served source=district.fire item=fire.penalty record=P subject=uscc:1 notice_id=N1
refuse publisher.missing event objection.filed source=district.credit-centre item=inspection.result record=P subject=uscc:1 objection_id=O grounds=g filed_on=2026-05-01
event objection.filed source=district.credit-centre publisher=district.fire item=inspection.result record=P subject=uscc:1 objection_id=O grounds=g filed_on=2026-05-01
refuse matter.unknown event permission.granted source=district.fire item=fire.penalty record=P subject=uscc:1 permission_id=V matter=procurement.no-such from=2026-05-10 until=2026-05-31 by=x
refuse date.order event permission.granted source=district.fire item=fire.penalty record=P subject=uscc:1 permission_id=V matter=procurement.bid from=2026-05-31 until=2026-05-10 by=x
refuse source.not-entitled event subject.erased source=district.fire subject=uscc:1

story an end that nobody gives comes before every other fault of a record
now 2026-05-10
refuse document.no-end event record.upserted source=district.finance item=foreign.debarment record=IADB-1 revision=1 subject=foreign:iadb:1 issued=2026-05-30 fields={nonsense: 1}
refuse source.not-entitled event record.upserted source=district.fire item=foreign.debarment record=IADB-1 revision=1 subject=foreign:iadb:1 issued=2026-05-30

story faults of item and subject come before a missing end, and that before all others
now 2026-05-10
refuse item.not-in-force event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=1999-01-01
refuse subject.minor event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=cn-id:child issued=2026-05-01 fields={ground: 2, nonsense: 1}
refuse document.no-end event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 until=Ongoing
refuse document.no-end event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 from=2020-13-01
refuse date.invalid event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 from=2020-13-01 until=2027-01-01

story an end in the year 9999 is no end, and nothing ends before it takes effect
now 2026-05-10
refuse document.no-end event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 until=9999-12-31
refuse date.order event record.upserted source=district.finance item=foreign.debarment record=I1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 effective=2027-06-01 until=2026-12-31

story an identity number in a text is refused
now 2026-05-10
refuse text.identity-number event record.withdrawn source=district.fire item=fire.penalty record=P revision=2 subject=uscc:1 reason="见 11010519491231002x 号"
refuse text.identity-number event record.upserted source=district.fire item=fire.penalty record=11010519491231002X revision=1 subject=uscc:1 issued=2026-05-01 fields={severity: minor}

story who was a minor is not recorded
now 2026-05-10
refuse subject.minor event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=cn-id:child issued=2026-05-01 fields={ground: 2}

story a revision that is known with other content is refused
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=P revision=2 subject=uscc:1 issued=2026-05-01 fields={severity: minor}
refuse revision.conflict event record.upserted source=district.fire item=fire.penalty record=P revision=2 subject=uscc:1 issued=2026-05-02 fields={severity: minor}
repeat record.upserted source=district.fire item=fire.penalty record=P revision=1 subject=uscc:1 issued=2026-05-02 fields={severity: minor}
