# 诚信+出租屋

story housing.rental-violation: a minor one is kept and nothing follows
now 2026-06-10
event record.upserted source=district.housing item=housing.rental-violation record=虚构租罚1号 revision=1 subject=building:20 issued=2026-06-01 fields={act: not-registered, severity: minor}
event notice.served source=district.housing item=housing.rental-violation record=虚构租罚1号 subject=building:20 notice_id=N1 served_on=2026-06-02
expect inspection.rental-housing clear
refuse subject.kind-not-lawful event record.upserted source=district.housing item=housing.rental-violation record=虚构租罚2号 revision=1 subject=cn-id:1 issued=2026-06-01 fields={act: subdivided, severity: general}

story rental-supervision: the grid looks at an unlawfully let building more often, and is told when it was put right
now 2026-06-10
event record.upserted source=district.housing item=housing.rental-violation record=虚构租罚3号 revision=1 subject=building:21 issued=2026-06-01 fields={act: subdivided, severity: general}
pending rental-supervision 1
event notice.served source=district.housing item=housing.rental-violation record=虚构租罚3号 subject=building:21 notice_id=N1 served_on=2026-06-02
expect inspection.rental-housing supervised until=2027-05-31
expect inspection.building-safety clear
clock 2026-09-10
event repair.applied source=district.credit-centre publisher=district.housing item=housing.rental-violation record=虚构租罚3号 subject=building:21 repair_id=R1 applied_on=2026-09-01
event repair.granted source=district.housing item=housing.rental-violation record=虚构租罚3号 subject=building:21 repair_id=R1 decided_on=2026-09-03
expect inspection.rental-housing clear

story building-stars: four dimensions add up to five stars, and the grid comes less often
now 2026-06-10
event record.upserted source=district.housing item=inspection.result record=虚构检11号 revision=1 subject=building:22 issued=2026-06-01 fields={result: pass}
rating building-stars three-stars points=10
event record.upserted source=district.housing item=housing.rental-filing record=虚构租备11号 revision=1 subject=building:22 issued=2026-06-01 until=2027-05-31 fields={use: residence, rooms: 12}
rating building-stars four-stars points=20
event record.upserted source=district.housing item=housing.building-commitment record=虚构楼诺11号 revision=1 subject=building:22 issued=2026-06-01 fields={kept: true}
event record.upserted source=district.urban-management item=urban-management.building-inspection record=虚构楼检11号 revision=1 subject=building:22 issued=2026-06-01 fields={result: pass}
rating building-stars five-stars points=40
expect inspection.building-safety facilitated since=2026-06-01 until=2027-05-31
expect inspection.rental-housing clear
clock 2026-12-01
rating building-stars five-stars points=30
clock 2027-06-01
rating building-stars none
expect inspection.building-safety clear

story building-stars: few stars are told first, then published, and bring more inspections
now 2026-06-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚31号 revision=1 subject=building:23 issued=2026-06-01 fields={severity: general}
rating building-stars none
event notice.served source=district.fire item=fire.penalty record=虚构消罚31号 subject=building:23 notice_id=N1 served_on=2026-06-03
rating building-stars none held-back
notice building-stars/two-stars/2026-06-03 to-serve
expect inspection.building-safety clear
event notice.served source=district.housing item=rating.notice record=building-stars/two-stars/2026-06-03 subject=building:23 notice_id=N2 served_on=2026-06-09
notice building-stars/two-stars/2026-06-03 served
rating building-stars two-stars points=-10
expect inspection.building-safety supervised since=2026-06-09 until=2026-11-30
expect inspection.routine clear
event repair.applied source=district.fire item=fire.penalty record=虚构消罚31号 subject=building:23 repair_id=R1 applied_on=2026-06-10
event repair.granted source=district.fire item=fire.penalty record=虚构消罚31号 subject=building:23 repair_id=R1 decided_on=2026-06-10
rating building-stars two-stars points=-10
clock 2026-09-02
event repair.applied source=district.fire item=fire.penalty record=虚构消罚31号 subject=building:23 repair_id=R2 applied_on=2026-09-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚31号 subject=building:23 repair_id=R2 decided_on=2026-09-02
rating building-stars none
expect inspection.building-safety clear

story building-stars: a serious fire penalty leaves one star
now 2026-06-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚32号 revision=1 subject=building:27 issued=2026-06-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚32号 subject=building:27 notice_id=N1 served_on=2026-06-03
rating building-stars none held-back
notice building-stars/one-star/2026-06-03 to-serve
event notice.served source=district.housing item=rating.notice record=building-stars/one-star/2026-06-03 subject=building:27 notice_id=N2 served_on=2026-06-09
rating building-stars one-star points=-30
expect inspection.building-safety supervised since=2026-06-09

story building-stars: only the housing bureau confirms its notices
now 2026-06-10
event record.upserted source=district.urban-management item=urban-management.building-inspection record=虚构楼检12号 revision=1 subject=building:24 issued=2026-06-01 fields={result: fail}
rating building-stars none held-back
event notice.served source=district.fire item=rating.notice record=building-stars/two-stars/2026-06-01 subject=building:24 notice_id=N1 served_on=2026-06-09
rating building-stars none held-back
refuse source.not-entitled event notice.served source=district.urban-management publisher=district.housing item=rating.notice record=building-stars/two-stars/2026-06-01 subject=building:24 notice_id=N1 served_on=2026-06-09
