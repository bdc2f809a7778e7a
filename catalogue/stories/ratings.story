# Ratings that belong to no pack.

story social-organisation-credit: from 1A to 5A by evaluation and conduct
now 2026-06-10
event record.upserted source=district.civil-affairs item=civil-affairs.evaluation record=虚构评估91号 revision=1 subject=uscc:90 issued=2026-06-01 fields={level: 5a}
rating social-organisation-credit 5a points=40
expect inspection.social-organisation facilitated since=2026-06-01
event record.upserted source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构异常91号 revision=1 subject=uscc:90 issued=2026-06-02 fields={reason: annual-report}
rating social-organisation-credit 5a points=40
event notice.served source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构异常91号 subject=uscc:90 notice_id=N1 served_on=2026-06-03
rating social-organisation-credit 3a points=20
expect procurement.bid clear

story social-organisation-credit: 4A and 2A by evaluation alone
now 2026-06-10
event record.upserted source=district.civil-affairs item=civil-affairs.evaluation record=虚构评估93号 revision=1 subject=uscc:92 issued=2026-06-01 fields={level: 4a}
rating social-organisation-credit 4a points=30
expect inspection.social-organisation facilitated since=2026-06-01
event record.upserted source=district.civil-affairs item=civil-affairs.evaluation record=虚构评估94号 revision=1 subject=uscc:93 issued=2026-06-01 fields={level: 2a}
rating social-organisation-credit 2a points=10
expect inspection.social-organisation clear

story social-organisation-credit: 1A is announced before it is published, by the bureau that rates
now 2026-06-10
event record.upserted source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构异常92号 revision=1 subject=uscc:91 issued=2026-06-02 fields={reason: annual-report}
event notice.served source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构异常92号 subject=uscc:91 notice_id=N1 served_on=2026-06-03
rating social-organisation-credit none held-back
pending social-organisation-more-inspections 1
event notice.served source=district.civil-affairs item=rating.notice record=social-organisation-credit/1a/2026-06-03 subject=uscc:91 notice_id=N2 served_on=2026-06-08
rating social-organisation-credit 1a points=-20
pending social-organisation-more-inspections 0
event review.closed source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构异常92号 subject=uscc:91 review_id=R1 outcome=revoked closed_on=2026-06-10
rating social-organisation-credit none
