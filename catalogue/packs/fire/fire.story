# 诚信+消防安全

story fire.drill: a drill counts five points for a year, and nothing else follows
now 2026-06-10
event record.upserted source=district.fire item=fire.drill record=虚构演练1号 revision=1 subject=building:30 issued=2026-06-01 fields={participants: 40}
rating premises-fire-safety three-stars points=5
expect inspection.fire clear
clock 2027-06-01
rating premises-fire-safety none

story fire.hazard-order: an order is looked after until the hazard is gone, and its points are given back with it
now 2026-06-10
event record.upserted source=district.fire item=fire.hazard-order record=虚构消改1号 revision=1 subject=building:31 issued=2026-06-01 fields={hazard: exit}
expect inspection.fire clear
event notice.served source=district.fire item=fire.hazard-order record=虚构消改1号 subject=building:31 notice_id=N1 served_on=2026-06-01
expect inspection.fire supervised until=2026-11-30
rating premises-fire-safety none held-back
notice premises-fire-safety/two-stars/2026-06-01 to-serve
event record.corrected source=district.fire item=fire.hazard-order record=虚构消改1号 revision=2 subject=building:31 issued=2026-06-01 fields={hazard: exit, rectified: true}
expect inspection.fire clear
rating premises-fire-safety none
notice premises-fire-safety/two-stars/2026-06-01 void

story fire-hazard-order-supervision: it ends by itself after six months
now 2026-06-10
event record.upserted source=district.fire item=fire.hazard-order record=虚构消改2号 revision=1 subject=uscc:50 issued=2026-06-01 fields={hazard: wiring}
event notice.served source=district.fire item=fire.hazard-order record=虚构消改2号 subject=uscc:50 notice_id=N1 served_on=2026-06-01
expect inspection.fire supervised until=2026-11-30
clock 2026-12-01
expect inspection.fire clear
rating premises-fire-safety none

story premises-fire-safety: points are added and taken away, and what follows goes with them
now 2026-06-10
event record.upserted source=district.fire item=fire.venue-permit record=虚构消许11号 revision=1 subject=uscc:51 issued=2026-06-01 until=2029-05-31 fields={permit: 虚构商场}
event record.upserted source=district.fire item=inspection.result record=虚构检31号 revision=1 subject=uscc:51 issued=2026-06-02 fields={result: pass}
rating premises-fire-safety four-stars points=20
expect inspection.fire facilitated since=2026-06-02 until=2027-05-31
event record.upserted source=district.fire item=fire.drill record=虚构演练2号 revision=1 subject=uscc:51 issued=2026-06-03
event record.upserted source=district.fire item=inspection.result record=虚构检32号 revision=1 subject=uscc:51 issued=2026-06-04 fields={result: rectified}
rating premises-fire-safety five-stars points=30
event record.upserted source=district.fire item=fire.penalty record=虚构消罚41号 revision=1 subject=uscc:51 issued=2026-06-05 fields={severity: general}
rating premises-fire-safety five-stars points=30
event notice.served source=district.fire item=fire.penalty record=虚构消罚41号 subject=uscc:51 notice_id=N1 served_on=2026-06-08
rating premises-fire-safety four-stars points=20
clock 2026-12-05
rating premises-fire-safety five-stars points=30
event record.withdrawn source=district.fire item=inspection.result record=虚构检31号 revision=2 subject=uscc:51
rating premises-fire-safety four-stars points=20

story premises-fire-safety: a restriction anywhere rests what a good rating brings, and no rating brings a restriction
now 2026-06-10
event record.upserted source=district.fire item=fire.venue-permit record=虚构消许12号 revision=1 subject=uscc:52 issued=2026-06-01 until=2029-05-31 fields={permit: 虚构商场}
event record.upserted source=district.fire item=inspection.result record=虚构检33号 revision=1 subject=uscc:52 issued=2026-06-02 fields={result: pass}
expect inspection.fire facilitated
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执1号 revision=1 subject=uscc:52 issued=2026-06-01 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执1号 subject=uscc:52 notice_id=N1 served_on=2026-06-05
expect inspection.fire clear
rating premises-fire-safety four-stars points=20

story rating.notice: it confirms that a bad rating was announced, and says nothing of a subject that has none
now 2026-06-10
event notice.served source=district.fire item=rating.notice record=premises-fire-safety/one-star/2026-06-01 subject=uscc:53 notice_id=N1 served_on=2026-06-02
rating premises-fire-safety none
expect inspection.fire clear
refuse subject.kind-not-lawful event notice.served source=district.fire item=rating.notice record=premises-fire-safety/one-star/2026-06-01 subject=cn-id:1 notice_id=N1 served_on=2026-06-02
