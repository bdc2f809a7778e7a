# Education, culture, social organisations, science, commitments.

story education.school-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.education item=education.school-permit record=虚构办学1号 revision=1 subject=uscc:1 issued=2026-05-08 until=2031-05-07 fields={permit: 虚构民办学校}
expect licence.private-school clear

story school-supervision: a serious penalty brings closer inspection of the school
now 2026-05-10
event record.upserted source=district.education item=education.penalty record=虚构教罚1号 revision=1 subject=uscc:2 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.education item=education.penalty record=虚构教罚1号 subject=uscc:2 notice_id=N1 served_on=2026-05-09
expect inspection.school supervised until=2029-05-07
expect inspection.routine clear

story education.penalty: a general penalty supervises nothing
now 2026-05-10
event record.upserted source=district.education item=education.penalty record=虚构教罚2号 revision=1 subject=uscc:3 issued=2026-05-08 fields={severity: general}
event notice.served source=district.education item=education.penalty record=虚构教罚2号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
expect inspection.school clear

story culture-market-exclusion: a grave violation keeps a firm out of the culture market
now 2026-05-10
event record.upserted source=district.culture item=culture.market-violation record=虚构文列1号 revision=1 subject=uscc:4 issued=2026-05-08 fields={act: 虚构的严重违法行为}
event notice.served source=district.culture item=culture.market-violation record=虚构文列1号 subject=uscc:4 notice_id=N1 served_on=2026-05-09
expect licence.entertainment restricted until=2029-05-07
expect licence.performance restricted until=2029-05-07
expect honours.civilised-tourism restricted until=2029-05-07
expect licence.food-operation clear
expect subsidy.cultural-industry clear

story culture.market-violation: without its act it is not taken
now 2026-05-10
refuse field.missing event record.upserted source=district.culture item=culture.market-violation record=虚构文列2号 revision=1 subject=uscc:4 issued=2026-05-08

story culture-supervision: a serious penalty brings closer inspection of the venue
now 2026-05-10
event record.upserted source=district.culture item=culture.penalty record=虚构文罚1号 revision=1 subject=uscc:5 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.culture item=culture.penalty record=虚构文罚1号 subject=uscc:5 notice_id=N1 served_on=2026-05-09
expect inspection.culture supervised until=2029-05-07
expect licence.entertainment clear

story culture.penalty: an unknown field is refused
now 2026-05-10
refuse field.unknown event record.upserted source=district.culture item=culture.penalty record=虚构文罚2号 revision=1 subject=uscc:5 issued=2026-05-08 fields={severity: general, score: 3}

story culture.venue-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.culture item=culture.venue-permit record=虚构文许1号 revision=1 subject=uscc:6 issued=2026-05-08 until=2028-05-07 fields={permit: 虚构娱乐场所}
expect licence.entertainment clear

story civil-affairs.registration: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.registration record=虚构社登1号 revision=1 subject=uscc:7 issued=2026-05-08 until=2031-05-07 fields={kind: association}
expect registration.social-organisation clear

story social-organisation-exclusion: a listed organisation gets no public services to run
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.serious-violation record=虚构社列1号 revision=1 subject=uscc:8 issued=2026-05-08 fields={act: 虚构的严重违法行为}
event notice.served source=district.civil-affairs item=civil-affairs.serious-violation record=虚构社列1号 subject=uscc:8 notice_id=N1 served_on=2026-05-09
expect procurement.social-services restricted until=2028-05-07
expect honours.charity-award restricted until=2028-05-07
expect procurement.bid clear

story civil-affairs.serious-violation: only the registrar of organisations lists them
now 2026-05-10
refuse source.not-entitled event record.upserted source=district.credit-centre publisher=district.civil-affairs item=civil-affairs.serious-violation record=虚构社列2号 revision=1 subject=uscc:8 issued=2026-05-08 fields={act: 虚构的严重违法行为}

story social-organisation-supervision: irregular activity brings closer checks until it is put right
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构社异1号 revision=1 subject=uscc:9 issued=2026-05-08 fields={reason: 虚构的未年报}
event notice.served source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构社异1号 subject=uscc:9 notice_id=N1 served_on=2026-05-09
expect inspection.social-organisation supervised until=none
event record.withdrawn source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构社异1号 revision=2 subject=uscc:9 reason="虚构：已移出"
expect inspection.social-organisation clear

story civil-affairs.abnormal-activity: it bars no public services
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构社异2号 revision=1 subject=uscc:10 issued=2026-05-08 fields={reason: 虚构的未年报}
event notice.served source=district.civil-affairs item=civil-affairs.abnormal-activity record=虚构社异2号 subject=uscc:10 notice_id=N1 served_on=2026-05-09
expect procurement.social-services clear

story social-organisation-priority: an organisation of 3A and above goes first
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.evaluation record=虚构评估1号 revision=1 subject=uscc:11 issued=2026-05-08 fields={level: 4a}
expect procurement.social-services facilitated until=2031-05-07

story civil-affairs.evaluation: 2A brings nothing
now 2026-05-10
event record.upserted source=district.civil-affairs item=civil-affairs.evaluation record=虚构评估2号 revision=1 subject=uscc:12 issued=2026-05-08 fields={level: 2a}
expect procurement.social-services clear
expect inspection.social-organisation clear

story high-tech-priority: a high-tech enterprise goes first for the growth grant
now 2026-05-10
event record.upserted source=district.science item=science.high-tech record=虚构高新1号 revision=1 subject=uscc:13 issued=2026-05-08 fields={certificate: 虚构高新证书}
expect subsidy.high-tech-growth facilitated until=2029-05-07
expect subsidy.technology-innovation clear

story science.high-tech: the priority rests while wages are withheld
now 2026-05-10
event record.upserted source=district.science item=science.high-tech record=虚构高新2号 revision=1 subject=uscc:14 issued=2026-05-08 fields={certificate: 虚构高新证书}
event record.upserted source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪9号 revision=1 subject=uscc:14 issued=2026-05-08
event notice.served source=district.human-resources item=human-resources.wage-arrears record=虚构欠薪9号 subject=uscc:14 notice_id=N1 served_on=2026-05-09
expect subsidy.high-tech-growth restricted until=2029-05-07

story research-funding-bar: grave misconduct bars public research money for as long as the decision says
now 2026-05-10
event record.upserted source=district.science item=science.misconduct record=虚构科诚1号 revision=1 subject=cn-id:1 issued=2026-05-08 until=2029-05-07 fields={act: fabrication}
event notice.served source=district.science item=science.misconduct record=虚构科诚1号 subject=cn-id:1 notice_id=N1 served_on=2026-05-09
expect subsidy.research-project restricted until=2029-05-07
expect honours.science-award restricted until=2029-05-07
expect subsidy.technology-innovation clear
expect talent.recognition clear

story science.misconduct: an objection annotates, and the correction takes the bar away
now 2026-05-10
event record.upserted source=district.science item=science.misconduct record=虚构科诚2号 revision=1 subject=uscc:15 issued=2026-05-08 until=2028-05-07 fields={act: fund-fraud}
event notice.served source=district.science item=science.misconduct record=虚构科诚2号 subject=uscc:15 notice_id=N1 served_on=2026-05-09
event objection.filed source=district.credit-centre item=science.misconduct record=虚构科诚2号 subject=uscc:15 objection_id=O1 grounds="虚构：事实错误" filed_on=2026-05-10
expect subsidy.research-project restricted status=objection
event objection.resolved source=district.science item=science.misconduct record=虚构科诚2号 subject=uscc:15 objection_id=O1 outcome=upheld effect=delisted resolved_on=2026-05-10
expect subsidy.research-project clear

story commitment.made: any department may record one; breaking it restricts nothing by itself
now 2026-05-10
event record.upserted source=district.government-services item=commitment.made record=虚构承诺1号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={kind: approval, matter: licence.food-operation}
event record.upserted source=district.education item=commitment.made record=虚构承诺2号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: voluntary}
event commitment.broken source=district.education item=commitment.made record=虚构承诺2号 subject=uscc:16 on=2026-05-09
expect commitment.licence clear
expect licence.food-operation clear
expect subsidy.technology-innovation clear
refuse field.invalid event record.upserted source=district.education item=commitment.made record=虚构承诺3号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: approval, matter: licence.no-such}

story commitment.made: none is taken for a matter that concerns public safety or health, and one of one's own accord is
now 2026-05-10
refuse commitment.excluded event record.upserted source=district.emergency item=commitment.made record=虚构承诺7号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: approval, matter: licence.hazardous-chemicals}
refuse commitment.excluded event record.upserted source=district.health item=commitment.made record=虚构承诺8号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: certificate, matter: licence.medical-institution}
refuse commitment.excluded event record.upserted source=district.health item=commitment.made record=虚构承诺9号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: other, matter: licence.medical-institution}
refuse field.missing event record.upserted source=district.health item=commitment.made record=虚构承诺10号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: approval}
# A repair is handled on one (60), whatever it is a repair of; a promise of one's own accord is handling of nothing; and before 2023 no law excluded it.
event record.upserted source=district.emergency item=commitment.made record=虚构承诺11号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: repair, matter: licence.hazardous-chemicals}
event record.upserted source=district.emergency item=commitment.made record=虚构承诺12号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: voluntary, matter: licence.hazardous-chemicals}
event record.upserted source=district.emergency item=commitment.made record=虚构承诺13号 revision=1 subject=uscc:16 issued=2023-02-28 fields={kind: approval, matter: licence.hazardous-chemicals}
# Nor is it corrected into one.
event record.upserted source=district.market item=commitment.made record=虚构承诺14号 revision=1 subject=uscc:16 issued=2026-05-08 fields={kind: approval, matter: licence.food-operation}
refuse commitment.excluded event record.corrected source=district.market item=commitment.made record=虚构承诺14号 revision=2 subject=uscc:16 issued=2026-05-08 fields={kind: approval, matter: licence.hazardous-chemicals}

story deferred-papers: on a commitment papers may come later, until it is broken or the subject listed
now 2026-05-10
event record.upserted source=district.government-services item=commitment.made record=虚构承诺4号 revision=1 subject=uscc:18 issued=2026-05-08 fields={kind: approval, matter: licence.food-operation}
expect commitment.incomplete-acceptance facilitated until=2029-05-07
event record.upserted source=district.market item=market.serious-violation record=虚构市监列20号 revision=1 subject=uscc:18 issued=2026-05-08 until=2027-12-31
event notice.served source=district.market item=market.serious-violation record=虚构市监列20号 subject=uscc:18 notice_id=N1 served_on=2026-05-09
expect commitment.incomplete-acceptance restricted until=2027-12-31
event repair.applied source=district.market item=market.serious-violation record=虚构市监列20号 subject=uscc:18 repair_id=R1 applied_on=2026-05-10
event record.withdrawn source=district.market item=market.serious-violation record=虚构市监列20号 revision=2 subject=uscc:18 reason="虚构：列入有误"
expect commitment.incomplete-acceptance facilitated
event commitment.broken source=district.government-services item=commitment.made record=虚构承诺4号 subject=uscc:18 on=2026-05-10
expect commitment.incomplete-acceptance clear

story instant-approval: whoever kept its word is granted the next licence at once
now 2026-05-10
event record.upserted source=district.government-services item=commitment.made record=虚构承诺5号 revision=1 subject=uscc:19 issued=2026-04-08 fields={kind: approval, matter: licence.food-operation}
expect commitment.licence clear
event commitment.kept source=district.government-services item=commitment.made record=虚构承诺5号 subject=uscc:19 on=2026-05-09
expect commitment.licence facilitated since=2026-05-09 until=2029-04-07
expect commitment.certificate facilitated

story commitment-follow-up: a broken commitment is looked into from the day it was found, and restricts nothing
now 2026-05-10
event record.upserted source=district.government-services item=commitment.made record=虚构承诺6号 revision=1 subject=uscc:20 issued=2026-04-08 fields={kind: approval, matter: licence.food-operation}
event commitment.broken source=district.government-services item=commitment.made record=虚构承诺6号 subject=uscc:20 on=2026-05-09
expect inspection.commitment supervised since=2026-05-09
expect inspection.routine clear
expect licence.food-operation clear
event repair.applied source=district.credit-centre publisher=district.government-services item=commitment.made record=虚构承诺6号 subject=uscc:20 repair_id=R1 applied_on=2026-05-10
event repair.granted source=district.government-services item=commitment.made record=虚构承诺6号 subject=uscc:20 repair_id=R1 decided_on=2026-05-10
expect inspection.commitment clear

story commitment-exclusion: who broke its word takes the ordinary procedure until repaired
now 2026-05-10
event record.upserted source=district.market item=commitment.breach record=虚构违诺1号 revision=1 subject=uscc:17 issued=2026-05-08 fields={kind: untrue, matter: licence.food-operation}
event notice.served source=district.market item=commitment.breach record=虚构违诺1号 subject=uscc:17 notice_id=N1 served_on=2026-05-09
expect commitment.licence restricted until=none
expect commitment.certificate restricted until=none
expect commitment.incomplete-acceptance restricted until=none
expect commitment.repair clear
expect licence.food-operation clear
event repair.applied source=district.credit-centre item=commitment.breach publisher=district.market record=虚构违诺1号 subject=uscc:17 repair_id=R1 applied_on=2026-05-10
event repair.granted source=district.market item=commitment.breach record=虚构违诺1号 subject=uscc:17 repair_id=R1 decided_on=2026-05-10
expect commitment.licence clear

story commitment.breach: only who found it decides on its repair
now 2026-05-10
event record.upserted source=district.market item=commitment.breach record=虚构违诺2号 revision=1 subject=cn-id:3 issued=2026-05-08 fields={kind: unkept}
event notice.served source=district.market item=commitment.breach record=虚构违诺2号 subject=cn-id:3 notice_id=N1 served_on=2026-05-09
expect commitment.certificate restricted until=none
refuse source.not-entitled event repair.granted source=district.fire publisher=district.market item=commitment.breach record=虚构违诺2号 subject=cn-id:3 repair_id=R1 decided_on=2026-05-10

story commitment-exclusion: who stands on a serious list takes the ordinary procedure, until repaired
now 2027-05-10
event record.upserted source=district.market item=market.serious-violation record=虚构市监列21号 revision=1 subject=uscc:21 issued=2026-05-08 fields={act: 虚构的严重违法行为}
event notice.served source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:21 notice_id=N1 served_on=2026-05-09
expect commitment.licence restricted until=2029-05-07
expect commitment.repair clear
expect licence.food-operation clear
event repair.applied source=district.credit-centre item=market.serious-violation record=虚构市监列21号 subject=uscc:21 repair_id=R1 applied_on=2027-05-10
event repair.granted source=district.market item=market.serious-violation record=虚构市监列21号 subject=uscc:21 repair_id=R1 decided_on=2027-05-10
expect commitment.licence clear
