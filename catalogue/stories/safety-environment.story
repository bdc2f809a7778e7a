# Work safety and the environment.

story work-safety-supervision: a grave violation, a hazard order or a serious penalty brings closer inspection
now 2026-05-10
event record.upserted source=district.emergency item=emergency.serious-violation record=虚构安列1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={act: 虚构的瞒报}
event notice.served source=district.emergency item=emergency.serious-violation record=虚构安列1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect inspection.work-safety supervised until=2029-05-07
expect inspection.routine clear
event record.upserted source=district.emergency item=emergency.hazard-order record=虚构隐患1号 revision=1 subject=building:1 issued=2026-05-08 until=2026-07-31 fields={hazard: 虚构的重大隐患}
event notice.served source=district.emergency item=emergency.hazard-order record=虚构隐患1号 subject=building:1 notice_id=N2 served_on=2026-05-08
expect inspection.work-safety supervised until=2026-07-31
event record.upserted source=district.emergency item=emergency.penalty record=虚构安罚1号 revision=1 subject=uscc:2 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.emergency item=emergency.penalty record=虚构安罚1号 subject=uscc:2 notice_id=N3 served_on=2026-05-09
expect inspection.work-safety supervised until=2029-05-07

story safety-approval-suspension: approvals of hazardous business and of building sites wait meanwhile
now 2026-05-10
event record.upserted source=district.emergency item=emergency.serious-violation record=虚构安列2号 revision=1 subject=uscc:3 issued=2026-05-08 fields={act: 虚构的瞒报}
event notice.served source=district.emergency item=emergency.serious-violation record=虚构安列2号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
expect licence.hazardous-chemicals restricted until=2029-05-07
expect licence.construction restricted until=2029-05-07
expect licence.food-operation clear
expect subsidy.technology-innovation clear

story emergency.serious-violation: a person on the list is inspected, and no licence is barred for it
now 2026-05-10
event record.upserted source=district.emergency item=emergency.serious-violation record=虚构安列3号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={act: 虚构的瞒报}
event notice.served source=district.emergency item=emergency.serious-violation record=虚构安列3号 subject=cn-id:1 notice_id=N1 served_on=2026-05-09
expect inspection.work-safety supervised until=2029-05-07
expect licence.hazardous-chemicals clear

story emergency.hazard-order: it ends with the date of the order
now 2026-05-10
event record.upserted source=district.emergency item=emergency.hazard-order record=虚构隐患2号 revision=1 subject=uscc:4 issued=2026-05-08 until=2026-06-30 fields={hazard: 虚构的重大隐患}
event notice.served source=district.emergency item=emergency.hazard-order record=虚构隐患2号 subject=uscc:4 notice_id=N1 served_on=2026-05-08
clock 2026-07-01
expect inspection.work-safety clear
refuse document.no-end event record.upserted source=district.emergency item=emergency.hazard-order record=虚构隐患3号 revision=1 subject=uscc:4 issued=2026-05-08 fields={hazard: 虚构的重大隐患}

story emergency.penalty: general penalties supervise nothing
now 2026-05-10
event record.upserted source=district.emergency item=emergency.penalty record=虚构安罚2号 revision=1 subject=uscc:5 issued=2026-05-08 fields={severity: general}
event notice.served source=district.emergency item=emergency.penalty record=虚构安罚2号 subject=uscc:5 notice_id=N1 served_on=2026-05-09
expect inspection.work-safety clear

story work-safety-relief: a firm that attains the standard is inspected less often
now 2026-05-10
event record.upserted source=district.emergency item=emergency.safety-standard record=虚构标准化1号 revision=1 subject=uscc:6 issued=2026-05-08 fields={level: 2}
expect inspection.work-safety facilitated until=2029-05-07
expect inspection.routine clear

story emergency.safety-standard: supervision wins over relief
now 2026-05-10
event record.upserted source=district.emergency item=emergency.safety-standard record=虚构标准化2号 revision=1 subject=uscc:7 issued=2026-05-08 fields={level: 3}
event record.upserted source=district.emergency item=emergency.hazard-order record=虚构隐患4号 revision=1 subject=uscc:7 issued=2026-05-08 until=2026-06-30 fields={hazard: 虚构的重大隐患}
event notice.served source=district.emergency item=emergency.hazard-order record=虚构隐患4号 subject=uscc:7 notice_id=N1 served_on=2026-05-09
expect inspection.work-safety supervised until=2026-06-30
clock 2026-07-01
expect inspection.work-safety facilitated until=2029-05-07

story ecology-supervision: a serious environmental penalty brings closer environmental inspection
now 2026-05-10
event record.upserted source=district.ecology item=ecology.penalty record=虚构环罚1号 revision=1 subject=uscc:8 issued=2026-05-08 fields={severity: serious, fine_cny: "200000.00"}
event notice.served source=district.ecology item=ecology.penalty record=虚构环罚1号 subject=uscc:8 notice_id=N1 served_on=2026-05-09
expect inspection.ecology supervised until=2029-05-07
expect inspection.routine clear

story ecology.penalty: a penalty of 2022 was judged by notice 527, and its end has passed
now 2026-05-10
event record.upserted source=district.ecology item=ecology.penalty record=虚构环罚2号 revision=1 subject=uscc:9 issued=2022-05-08 fields={severity: serious}
event notice.served source=district.ecology item=ecology.penalty record=虚构环罚2号 subject=uscc:9 notice_id=N1 served_on=2022-05-09
expect inspection.ecology clear

story ecology.discharge-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.ecology item=ecology.discharge-permit record=虚构排许1号 revision=1 subject=uscc:10 issued=2026-05-08 until=2031-05-07 fields={permit: 虚构排污许可}
expect licence.pollutant-discharge clear

story discharge-permit-bar: a permit obtained by deceit bars that permit for three years
now 2026-05-10
event record.upserted source=district.ecology item=ecology.permit-fraud record=虚构排撤1号 revision=1 subject=uscc:11 issued=2026-05-08 fields={act: fraud}
event notice.served source=district.ecology item=ecology.permit-fraud record=虚构排撤1号 subject=uscc:11 notice_id=N1 served_on=2026-05-09
expect licence.pollutant-discharge restricted until=2029-05-07
expect licence.food-operation clear

story ecology.permit-fraud: without its notice it waits
now 2026-05-10
event record.upserted source=district.ecology item=ecology.permit-fraud record=虚构排撤2号 revision=1 subject=uscc:12 issued=2026-05-08 fields={act: transfer}
expect licence.pollutant-discharge clear
pending discharge-permit-bar 1

story ecology-relief: a firm on the positive list is inspected less often on the spot
now 2026-05-10
event record.upserted source=district.ecology item=ecology.positive-list record=虚构正面1号 revision=1 subject=uscc:13 issued=2026-05-08 fields={category: 虚构类别}
expect inspection.ecology facilitated until=2027-05-07

story ecology.positive-list: a subsidy ban elsewhere rests the relief
now 2026-05-10
event record.upserted source=district.ecology item=ecology.positive-list record=虚构正面2号 revision=1 subject=uscc:14 issued=2026-05-08 fields={category: 虚构类别}
event record.upserted source=district.market item=market.serious-violation record=虚构市监列9号 revision=1 subject=uscc:14 issued=2026-05-08
event notice.served source=district.market item=market.serious-violation record=虚构市监列9号 subject=uscc:14 notice_id=N1 served_on=2026-05-09
expect inspection.ecology clear
