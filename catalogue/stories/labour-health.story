# Labour, talent, health care and medical insurance.

story human-resources.wage-arrears: who withholds wages gets no subsidies, contracts or honours
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={workers: 32, amount_cny: "480000.00"}
event notice.served source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect subsidy.stable-employment restricted until=2029-05-07
expect procurement.bid restricted until=2029-05-07
expect honours.harmonious-employer restricted until=2029-05-07
expect licence.labour-dispatch clear

story human-resources.wage-arrears: one flag has many grounds, and lifts with the last
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪2号 revision=1 subject=uscc:2 issued=2026-05-08
event notice.served source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪2号 subject=uscc:2 notice_id=N1 served_on=2026-05-09
event record.upserted source=district.court item=court.judgment-defaulter record=虚构执30号 revision=1 subject=uscc:2 issued=2026-05-08 fields={ground: 6}
event notice.served source=district.court item=court.judgment-defaulter record=虚构执30号 subject=uscc:2 notice_id=N2 served_on=2026-05-09
expect subsidy.rent restricted until=2029-05-07 grounds=2
event record.withdrawn source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪2号 revision=2 subject=uscc:2 reason="虚构：已清偿"
expect subsidy.rent restricted until=2028-05-07 grounds=1
event record.withdrawn source=district.court item=court.judgment-defaulter record=虚构执30号 revision=2 subject=uscc:2 reason="虚构：已履行"
expect subsidy.rent clear

story labour-supervision: a major violation of labour law brings closer labour inspection
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.labour-violation record=虚构劳罚1号 revision=1 subject=uscc:3 issued=2026-05-08 fields={act: 虚构的违法用工}
event notice.served source=district.human-resources item=human-resources.labour-violation record=虚构劳罚1号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
expect inspection.labour supervised until=2027-05-07
expect inspection.routine clear

story human-resources.labour-violation: a repair after three months ends the supervision
now 2026-08-08
event record.upserted source=district.human-resources item=human-resources.labour-violation record=虚构劳罚2号 revision=1 subject=uscc:4 issued=2026-05-08 fields={act: 虚构的违法用工}
event notice.served source=district.human-resources item=human-resources.labour-violation record=虚构劳罚2号 subject=uscc:4 notice_id=N1 served_on=2026-05-09
expect inspection.labour supervised until=2027-05-07
event repair.applied source=district.credit-centre item=human-resources.labour-violation record=虚构劳罚2号 subject=uscc:4 repair_id=R1 applied_on=2026-08-08
refuse source.not-entitled event repair.granted source=district.credit-centre item=human-resources.labour-violation record=虚构劳罚2号 subject=uscc:4 repair_id=R1 decided_on=2026-08-08
event repair.granted source=district.human-resources item=human-resources.labour-violation record=虚构劳罚2号 subject=uscc:4 repair_id=R1 decided_on=2026-08-08
expect inspection.labour clear

story employer-service-lane: a harmonious employer is served first when it recruits
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.harmonious-employer record=虚构和谐1号 revision=1 subject=uscc:5 issued=2026-05-08 fields={level: district}
expect talent.recruitment-service facilitated until=2029-05-07
expect licence.food-operation clear

story human-resources.harmonious-employer: the honour needs its level
now 2026-05-10
refuse field.missing event record.upserted source=district.human-resources item=human-resources.harmonious-employer record=虚构和谐2号 revision=1 subject=uscc:5 issued=2026-05-08

story talent-service-lane: recognised talent is served first
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.talent-certificate record=虚构人才1号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={category: skilled}
expect talent.recognition facilitated until=2031-05-07
expect talent.apartment facilitated until=2031-05-07
expect subsidy.start-up clear

story human-resources.talent-certificate: its holder may have it taken off the record
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.talent-certificate record=虚构人才2号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={category: reserve}
event record.withdrawn source=district.human-resources item=human-resources.talent-certificate record=虚构人才2号 revision=2 subject=cn-id:2 reason="虚构：本人不愿记入"
expect talent.recognition clear

story human-resources.dispatch-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.human-resources item=human-resources.dispatch-permit record=虚构派遣1号 revision=1 subject=uscc:6 issued=2026-05-08 until=2029-05-07 fields={permit: 虚构劳务派遣}
expect licence.labour-dispatch clear

story health.venue-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.health item=health.venue-permit record=虚构卫许1号 revision=1 subject=uscc:7 issued=2026-05-08 until=2030-05-07 fields={permit: 虚构公共场所卫生许可}
expect licence.public-place-health clear

story health-supervision: a serious health penalty brings closer health inspection
now 2026-05-10
event record.upserted source=district.health item=health.penalty record=虚构卫罚1号 revision=1 subject=uscc:8 issued=2026-05-08 fields={severity: serious, fine_cny: "30000.00"}
event notice.served source=district.health item=health.penalty record=虚构卫罚1号 subject=uscc:8 notice_id=N1 served_on=2026-05-09
expect inspection.health supervised until=2029-05-07
expect inspection.routine clear
expect honours.quality-award clear

story health.penalty: a general penalty is published for a year, and nothing follows
now 2026-05-10
event record.upserted source=district.health item=health.penalty record=虚构卫罚2号 revision=1 subject=cn-id:3 issued=2026-05-08 fields={severity: general}
event notice.served source=district.health item=health.penalty record=虚构卫罚2号 subject=cn-id:3 notice_id=N1 served_on=2026-05-09
expect inspection.health clear
refuse subject.minor event record.upserted source=district.health item=health.penalty record=虚构卫罚3号 revision=1 subject=cn-id:child issued=2026-05-08 fields={severity: general}

story medical-insurance-supervision: fraud on the fund brings closer checks of the institution
now 2026-05-10
event record.upserted source=district.medical-security item=medical-security.fund-fraud record=虚构医保罚1号 revision=1 subject=uscc:9 issued=2026-05-08 fields={amount_cny: "88000.00"}
event notice.served source=district.medical-security item=medical-security.fund-fraud record=虚构医保罚1号 subject=uscc:9 notice_id=N1 served_on=2026-05-09
expect inspection.medical-insurance supervised until=2029-05-07
expect inspection.health clear

story medical-security.fund-fraud: what the insured do is not recorded here
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.medical-security item=medical-security.fund-fraud record=虚构医保罚2号 revision=1 subject=cn-id:4 issued=2026-05-08 fields={amount_cny: "100.00"}
