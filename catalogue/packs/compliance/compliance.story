# 信用+合规建设

story compliance.demonstration: who meets the standard is encouraged
now 2026-06-10
event record.upserted source=district.development item=compliance.demonstration record=虚构合规1号 revision=1 subject=uscc:80 issued=2026-06-01 fields={field: data}
expect honours.compliance facilitated until=2028-05-31
expect inspection.compliance facilitated
expect inspection.routine clear

story compliance-lane: it rests while a restriction is in force
now 2026-06-10
event record.upserted source=district.development item=compliance.demonstration record=虚构合规2号 revision=1 subject=uscc:81 issued=2026-06-01 fields={field: tax}
event record.upserted source=district.market item=market.serious-violation record=虚构严违1号 revision=1 subject=uscc:81 issued=2026-06-01
event notice.served source=district.market item=market.serious-violation record=虚构严违1号 subject=uscc:81 notice_id=N1 served_on=2026-06-02
expect honours.compliance restricted
expect inspection.compliance clear

story compliance.reform-order: it is looked after until the reform was accepted
now 2026-06-10
event record.upserted source=district.development item=compliance.reform-order record=虚构合改1号 revision=1 subject=uscc:82 issued=2026-06-01 fields={field: labour}
event notice.served source=district.development item=compliance.reform-order record=虚构合改1号 subject=uscc:82 notice_id=N1 served_on=2026-06-02
expect inspection.compliance supervised until=2027-05-31
event record.corrected source=district.development item=compliance.reform-order record=虚构合改1号 revision=2 subject=uscc:82 issued=2026-06-01 fields={field: labour, accepted: true}
expect inspection.compliance clear

story compliance-supervision: an objection suspends it, a repair after three months ends it
now 2026-06-10
event record.upserted source=district.development item=compliance.reform-order record=虚构合改2号 revision=1 subject=uscc:83 issued=2026-06-01 fields={field: trade}
event notice.served source=district.development item=compliance.reform-order record=虚构合改2号 subject=uscc:83 notice_id=N1 served_on=2026-06-02
event objection.filed source=district.credit-centre publisher=district.development item=compliance.reform-order record=虚构合改2号 subject=uscc:83 objection_id=O1 grounds=有误 filed_on=2026-06-05
expect inspection.compliance clear
event objection.resolved source=district.development item=compliance.reform-order record=虚构合改2号 subject=uscc:83 objection_id=O1 outcome=rejected resolved_on=2026-06-08
expect inspection.compliance supervised
clock 2026-09-02
event repair.applied source=district.development item=compliance.reform-order record=虚构合改2号 subject=uscc:83 repair_id=R1 applied_on=2026-09-01
event repair.granted source=district.development item=compliance.reform-order record=虚构合改2号 subject=uscc:83 repair_id=R1 decided_on=2026-09-02
expect inspection.compliance clear
