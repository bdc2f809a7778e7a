# What a development bank decided about a firm, and what follows for projects under its loans.

story foreign.debarment: a lender's debarment binds procurement under its loans and nothing else
now 2026-05-10
event record.upserted source=district.finance item=foreign.debarment record=IADB-1 revision=1 subject=foreign:iadb:1 issued=2026-05-01 until=2029-04-30 fields={grounds: Fraud, originator: 虚构开发银行}
expect procurement.lender-financed clear
event notice.served source=district.finance item=foreign.debarment record=IADB-1 subject=foreign:iadb:1 notice_id=N1 served_on=2026-05-01
expect procurement.lender-financed restricted until=2029-04-30
expect procurement.bid clear
expect procurement.government-goods clear
expect subsidy.technology-innovation clear
expect honours.quality-award clear
clock 2029-05-01
expect procurement.lender-financed clear

story lender-debarment: it reaches back to the first day of the tendering law, and needs an end
now 2004-06-01
event record.upserted source=district.finance item=foreign.debarment record=IADB-2 revision=1 subject=foreign:iadb:2 issued=2000-01-01 until=2005-12-31 fields={grounds: Collusion, originator: 虚构开发银行}
event notice.served source=district.finance item=foreign.debarment record=IADB-2 subject=foreign:iadb:2 notice_id=N1 served_on=2000-01-01
expect procurement.lender-financed restricted until=2005-12-31
refuse document.no-end event record.upserted source=district.finance item=foreign.debarment record=IADB-3 revision=1 subject=foreign:iadb:3 issued=2004-05-01 fields={grounds: Fraud, originator: 虚构开发银行}
refuse item.not-in-force event record.upserted source=district.finance item=foreign.debarment record=IADB-4 revision=1 subject=foreign:iadb:4 issued=1999-12-31 until=2005-12-31 fields={grounds: Fraud, originator: 虚构开发银行}
refuse field.missing event record.upserted source=district.finance item=foreign.debarment record=IADB-5 revision=1 subject=foreign:iadb:5 issued=2004-05-01 until=2005-12-31 fields={grounds: Fraud}

story a listing at home bars procurement under a loan as any other, and a supplier's ban from government procurement does not
now 2026-05-10
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执〔2026〕60号 revision=1 subject=uscc:60 issued=2026-05-08 fields={ground: 2}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执〔2026〕60号 subject=uscc:60 notice_id=N1 served_on=2026-05-09
expect procurement.lender-financed restricted until=2028-05-07
event record.upserted source=district.market item=market.serious-violation record=虚构市监列60号 revision=1 subject=uscc:61 issued=2026-05-08 until=2027-12-31
event notice.served source=district.market item=market.serious-violation record=虚构市监列60号 subject=uscc:61 notice_id=N1 served_on=2026-05-09
expect procurement.lender-financed restricted until=2027-12-31
event record.upserted source=district.finance item=finance.procurement-violation record=虚构采罚60号 revision=1 subject=uscc:62 issued=2026-05-08 until=2028-05-07 fields={act: false-documents, fine_cny: "12000.00"}
event notice.served source=district.finance item=finance.procurement-violation record=虚构采罚60号 subject=uscc:62 notice_id=N1 served_on=2026-05-09
expect procurement.government-goods restricted until=2028-05-07
expect procurement.lender-financed clear
