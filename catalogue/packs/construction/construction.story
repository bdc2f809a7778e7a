# 诚信+住房建设 "1+5"

story construction.good-conduct: findings of good conduct bring fewer inspections, and nothing else
now 2026-06-10
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行1号 revision=1 subject=uscc:30 issued=2026-06-01 fields={field: ready-mixed-concrete, level: serious}
rating construction-credit a points=20
expect inspection.construction facilitated since=2026-06-01 until=2028-05-31
expect procurement.bid clear
expect qualification.construction-enterprise clear
event record.withdrawn source=district.housing item=construction.good-conduct record=虚构良行1号 revision=2 subject=uscc:30
rating construction-credit none
expect inspection.construction clear

story construction.bad-conduct: it counts from its notice, and its grade is announced before it is published
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良1号 revision=1 subject=uscc:31 issued=2026-06-01 fields={field: tendering, level: serious}
rating construction-credit none
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良1号 subject=uscc:31 notice_id=N1 served_on=2026-06-03
rating construction-credit none held-back
notice construction-credit/d/2026-06-03 to-serve
event notice.served source=district.housing item=rating.notice record=construction-credit/d/2026-06-03 subject=uscc:31 notice_id=N2 served_on=2026-06-05
rating construction-credit d points=-30
expect inspection.construction supervised since=2026-06-05 until=2027-05-31
expect procurement.bid clear
expect licence.construction clear
expect subsidy.technology-innovation clear

story construction-credit: general is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良00号 revision=1 subject=uscc:40 issued=2026-06-01 fields={field: general, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良00号 subject=uscc:40 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行00号 revision=1 subject=uscc:40 issued=2026-06-01 fields={field: general, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: bottled-gas is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良10号 revision=1 subject=uscc:41 issued=2026-06-01 fields={field: bottled-gas, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良10号 subject=uscc:41 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行10号 revision=1 subject=uscc:41 issued=2026-06-01 fields={field: bottled-gas, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: property-management is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良20号 revision=1 subject=uscc:42 issued=2026-06-01 fields={field: property-management, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良20号 subject=uscc:42 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行20号 revision=1 subject=uscc:42 issued=2026-06-01 fields={field: property-management, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: cost-consulting is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良30号 revision=1 subject=uscc:43 issued=2026-06-01 fields={field: cost-consulting, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良30号 subject=uscc:43 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行30号 revision=1 subject=uscc:43 issued=2026-06-01 fields={field: cost-consulting, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: tendering is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良40号 revision=1 subject=uscc:44 issued=2026-06-01 fields={field: tendering, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良40号 subject=uscc:44 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行40号 revision=1 subject=uscc:44 issued=2026-06-01 fields={field: tendering, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: ready-mixed-concrete is a field of its own, and the fields add up
now 2026-06-10
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良50号 revision=1 subject=uscc:45 issued=2026-06-01 fields={field: ready-mixed-concrete, level: general}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良50号 subject=uscc:45 notice_id=N1 served_on=2026-06-02
rating construction-credit none held-back
event record.upserted source=district.housing item=construction.good-conduct record=虚构良行50号 revision=1 subject=uscc:45 issued=2026-06-01 fields={field: ready-mixed-concrete, level: general}
rating construction-credit b points=0
clock 2026-12-01
rating construction-credit b points=10

story construction-credit: the penalties of the general rule count as well, minor ones do not, and a repair gives the points back
now 2026-06-10
event record.upserted source=district.housing item=housing.penalty record=虚构住建罚31号 revision=1 subject=uscc:32 issued=2026-06-01 fields={severity: serious}
event notice.served source=district.housing item=housing.penalty record=虚构住建罚31号 subject=uscc:32 notice_id=N1 served_on=2026-06-02
event record.upserted source=district.housing item=construction.bad-conduct record=虚构不良81号 revision=1 subject=uscc:32 issued=2026-06-01 fields={field: general, level: minor}
event notice.served source=district.housing item=construction.bad-conduct record=虚构不良81号 subject=uscc:32 notice_id=N2 served_on=2026-06-02
event notice.served source=district.housing item=rating.notice record=construction-credit/d/2026-06-02 subject=uscc:32 notice_id=N3 served_on=2026-06-05
rating construction-credit d points=-30
expect inspection.construction supervised
clock 2027-06-01
rating construction-credit none
expect inspection.construction supervised until=2029-05-31
