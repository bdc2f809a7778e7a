# Procurement, tendering, taxes, customs, statistics.

story government-procurement-exclusion: a banned supplier is out of government procurement for the time of the decision
now 2026-05-10
event record.upserted source=district.finance item=finance.procurement-violation record=虚构采罚1号 revision=1 subject=uscc:1 issued=2026-05-08 until=2028-05-07 fields={act: false-documents, fine_cny: "12000.00"}
event notice.served source=district.finance item=finance.procurement-violation record=虚构采罚1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect procurement.government-goods restricted until=2028-05-07
expect procurement.government-services restricted until=2028-05-07
expect procurement.social-services restricted until=2028-05-07
expect procurement.bid clear
expect subsidy.technology-innovation clear

story finance.procurement-violation: three years is the most that the law allows
now 2026-05-10
event record.upserted source=district.finance item=finance.procurement-violation record=虚构采罚2号 revision=1 subject=uscc:2 issued=2026-05-08 fields={act: collusion}
event notice.served source=district.finance item=finance.procurement-violation record=虚构采罚2号 subject=uscc:2 notice_id=N1 served_on=2026-05-09
expect procurement.government-works restricted until=2029-05-07
refuse valid.over-maximum event record.upserted source=district.finance item=finance.procurement-violation record=虚构采罚3号 revision=1 subject=uscc:2 issued=2026-05-08 until=2030-05-07 fields={act: collusion}

story bidding-exclusion: a disqualified bidder is out of tenders until the date the decision names
now 2026-05-10
event record.upserted source=district.development item=development.bid-violation record=虚构招罚1号 revision=1 subject=uscc:3 issued=2026-05-08 until=2028-05-07 fields={act: collusion}
event notice.served source=district.development item=development.bid-violation record=虚构招罚1号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
expect procurement.bid restricted until=2028-05-07
expect procurement.government-goods clear
event review.opened source=district.development item=development.bid-violation record=虚构招罚1号 subject=uscc:3 review_id=V1 kind=litigation opened_on=2026-05-10
expect procurement.bid restricted status=review
event review.closed source=district.development item=development.bid-violation record=虚构招罚1号 subject=uscc:3 review_id=V1 outcome=revoked closed_on=2026-05-10
expect procurement.bid clear

story development.bid-violation: without an end it is not taken
now 2026-05-10
refuse document.no-end event record.upserted source=district.development item=development.bid-violation record=虚构招罚2号 revision=1 subject=uscc:4 issued=2026-05-08 fields={act: bribery}

story tax-record-exclusion: a major tax violation leaves no good tax record for government procurement
now 2026-05-10
event record.upserted source=district.tax item=tax.major-violation record=虚构税列1号 revision=1 subject=uscc:5 issued=2026-05-08 fields={act: false-invoices, tax_cny: "2000000.00"}
event notice.served source=district.tax item=tax.major-violation record=虚构税列1号 subject=uscc:5 notice_id=N1 served_on=2026-05-09
expect procurement.government-goods restricted until=2029-05-07
expect procurement.bid clear
expect subsidy.technology-innovation clear

story tax.major-violation: a person is listed by a decision of their own
now 2026-05-10
event record.upserted source=district.tax item=tax.major-violation record=虚构税列2号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={act: evasion}
event notice.served source=district.tax item=tax.major-violation record=虚构税列2号 subject=cn-id:1 notice_id=N1 served_on=2026-05-09
expect procurement.government-services restricted until=2029-05-07
expect honours.model-worker clear

story tax.arrears-notice: arrears are published, and nothing follows
now 2026-05-10
event record.upserted source=district.tax item=tax.arrears-notice record=虚构欠税1号 revision=1 subject=uscc:6 issued=2026-05-08 fields={tax_kind: 虚构税种, amount_cny: "100.50"}
event notice.served source=district.tax item=tax.arrears-notice record=虚构欠税1号 subject=uscc:6 notice_id=N1 served_on=2026-05-09
expect tax-service.invoice-supply clear
expect procurement.government-goods clear

story tax-green-channel: a taxpayer of grade A is served first for a year
now 2026-05-10
event record.upserted source=district.tax item=tax.a-rating record=虚构纳税评1号 revision=1 subject=uscc:7 issued=2026-04-20 fields={year: 2025}
expect tax-service.refund facilitated until=2027-04-19
expect tax-service.invoice-supply facilitated until=2027-04-19
expect licence.food-operation clear
clock 2027-04-20
expect tax-service.refund clear

story tax.a-rating: it is not recorded of a person
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.tax item=tax.a-rating record=虚构纳税评2号 revision=1 subject=cn-id:2 issued=2026-04-20 fields={year: 2025}

story customs-convenience: an advanced certified enterprise is cleared first
now 2026-05-10
event record.upserted source=district.customs item=customs.advanced-certified record=虚构关认1号 revision=1 subject=uscc:8 issued=2026-05-08 fields={certificate: 虚构认证}
expect customs-service.fast-clearance facilitated until=2031-05-07
expect customs-service.guarantee-waiver facilitated until=2031-05-07
expect tax-service.refund clear

story customs.advanced-certified: the advantage rests while any restriction is in force
now 2026-05-10
event record.upserted source=district.customs item=customs.advanced-certified record=虚构关认2号 revision=1 subject=uscc:9 issued=2026-05-08 fields={certificate: 虚构认证}
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执20号 revision=1 subject=uscc:9 issued=2026-05-08 fields={ground: 2}
expect customs-service.fast-clearance facilitated
event notice.served source=district.court item=court.judgment-defaulter record=虚构执20号 subject=uscc:9 notice_id=N1 served_on=2026-05-10
expect customs-service.fast-clearance clear

story customs-supervision: a dishonest enterprise is audited more often
now 2026-05-10
event record.upserted source=district.customs item=customs.dishonest-enterprise record=虚构关失1号 revision=1 subject=uscc:10 issued=2026-05-08 fields={act: 虚构的走私行为}
event notice.served source=district.customs item=customs.dishonest-enterprise record=虚构关失1号 subject=uscc:10 notice_id=N1 served_on=2026-05-09
expect inspection.customs supervised until=2028-05-07
expect inspection.routine clear

story customs.dishonest-enterprise: without its act it is not taken
now 2026-05-10
refuse field.missing event record.upserted source=district.customs item=customs.dishonest-enterprise record=虚构关失2号 revision=1 subject=uscc:10 issued=2026-05-08

story statistics-supervision: a grave violation of statistics law brings closer checks for a year at most
now 2026-05-10
event record.upserted source=district.statistics item=statistics.serious-violation record=虚构统列1号 revision=1 subject=uscc:11 issued=2026-05-08 fields={act: false-data}
event notice.served source=district.statistics item=statistics.serious-violation record=虚构统列1号 subject=uscc:11 notice_id=N1 served_on=2026-05-09
expect inspection.statistics supervised until=2027-05-07
expect honours.quality-award clear

story statistics.serious-violation: an unknown act is refused
now 2026-05-10
refuse field.invalid event record.upserted source=district.statistics item=statistics.serious-violation record=虚构统列2号 revision=1 subject=uscc:11 issued=2026-05-08 fields={act: late}
