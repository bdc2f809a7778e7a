# Roads, transport, public security, city management.

story transport-supervision: grave overloading, or a serious penalty, brings closer transport inspection
now 2026-05-10
event record.upserted source=district.transport item=transport.overload record=虚构超限1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={act: suspension}
event notice.served source=district.transport item=transport.overload record=虚构超限1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect inspection.transport supervised until=2028-05-07
event record.upserted source=district.transport item=transport.penalty record=虚构交罚1号 revision=1 subject=uscc:2 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.transport item=transport.penalty record=虚构交罚1号 subject=uscc:2 notice_id=N2 served_on=2026-05-09
expect inspection.transport supervised until=2029-05-07
expect inspection.routine clear

story transport.overload: a driver is listed by a decision of their own, and only inspection follows
now 2026-05-10
event record.upserted source=district.transport item=transport.overload record=虚构超限2号 revision=1 subject=cn-id:1 issued=2026-05-08 fields={act: driver-barred}
event notice.served source=district.transport item=transport.overload record=虚构超限2号 subject=cn-id:1 notice_id=N1 served_on=2026-05-09
expect inspection.transport supervised until=2028-05-07
expect licence.road-transport clear
expect subsidy.start-up clear

story transport.penalty: several general penalties stay what they are
now 2026-05-10
event record.upserted source=district.transport item=transport.penalty record=虚构交罚2号 revision=1 subject=uscc:3 issued=2026-05-06 fields={severity: general}
event notice.served source=district.transport item=transport.penalty record=虚构交罚2号 subject=uscc:3 notice_id=N1 served_on=2026-05-07
event record.upserted source=district.transport item=transport.penalty record=虚构交罚3号 revision=1 subject=uscc:3 issued=2026-05-07 fields={severity: general}
event notice.served source=district.transport item=transport.penalty record=虚构交罚3号 subject=uscc:3 notice_id=N2 served_on=2026-05-08
expect inspection.transport clear

story transport.permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.transport item=transport.permit record=虚构运许1号 revision=1 subject=uscc:4 issued=2026-05-08 until=2030-05-07 fields={permit: 虚构普通货运}
expect licence.road-transport clear

story police.special-trade-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.police item=police.special-trade-permit record=虚构特许1号 revision=1 subject=uscc:5 issued=2026-05-08 until=2099-12-31 fields={permit: 虚构旅馆业特种行业许可}
expect licence.special-trade clear

story city-supervision: a serious penalty brings closer city inspection
now 2026-05-10
event record.upserted source=district.urban-management item=urban-management.penalty record=虚构城管罚1号 revision=1 subject=uscc:6 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.urban-management item=urban-management.penalty record=虚构城管罚1号 subject=uscc:6 notice_id=N1 served_on=2026-05-09
expect inspection.city supervised until=2029-05-07
expect inspection.routine clear

story urban-management.penalty: a minor penalty is kept, not published, and has no consequences
now 2026-05-10
event record.upserted source=district.urban-management item=urban-management.penalty record=虚构城管罚2号 revision=1 subject=cn-id:3 issued=2026-05-08 fields={severity: minor, fine_cny: "50.00"}
event notice.served source=district.urban-management item=urban-management.penalty record=虚构城管罚2号 subject=cn-id:3 notice_id=N1 served_on=2026-05-09
expect inspection.city clear
expect honours.model-worker clear

story urban-management.waste-permit: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.urban-management item=urban-management.waste-permit record=虚构渣土1号 revision=1 subject=uscc:7 issued=2026-05-08 until=2026-12-31 fields={permit: 虚构建筑垃圾处置}
expect licence.construction-waste clear
