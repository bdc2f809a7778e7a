story who declines its honours has none, and no advantage from them; adverse records stay
now 2026-05-10
event record.upserted source=district.market item=honour.award record=W1 revision=1 subject=uscc:3 issued=2026-01-01 fields={title: 虚构质量奖}
event record.upserted source=district.court item=court.judgment-defaulter record=A revision=1 subject=uscc:3 issued=2026-05-01 fields={ground: 3}
expect licence.food-operation facilitated
event subject.opted-out source=district.credit-centre subject=uscc:3 on=2026-05-10
expect licence.food-operation clear
event record.upserted source=district.market item=honour.award record=W2 revision=1 subject=uscc:3 issued=2026-05-09 fields={title: 虚构又一奖}
expect licence.food-operation clear
event notice.served source=district.court item=court.judgment-defaulter record=A subject=uscc:3 notice_id=N1 served_on=2026-05-10
expect procurement.bid restricted
repeat subject.opted-out source=district.credit-centre subject=uscc:3 on=2026-05-10
event record.withdrawn source=district.court item=court.judgment-defaulter record=A revision=2 subject=uscc:3 reason="虚构：已履行"
expect licence.food-operation clear

story who wants them again has them again, and the later day counts whichever came first
now 2026-05-10
event record.upserted source=district.market item=honour.award record=W1 revision=1 subject=uscc:3 issued=2026-01-01 fields={title: 虚构质量奖}
event subject.opted-in source=district.credit-centre subject=uscc:3 on=2026-05-09
event subject.opted-out source=district.credit-centre subject=uscc:3 on=2026-05-08
expect licence.food-operation facilitated
event subject.opted-out source=district.credit-centre subject=uscc:3 on=2026-05-09
expect licence.food-operation clear
event subject.opted-in source=district.credit-centre subject=uscc:3 on=2026-05-10
expect licence.food-operation facilitated

story only who takes such words may send them
now 2026-05-10
refuse source.not-entitled event subject.opted-out source=district.market subject=uscc:3 on=2026-05-10
refuse field.missing event subject.opted-out source=district.credit-centre subject=uscc:3
refuse date.future event subject.opted-out source=district.credit-centre subject=uscc:3 on=2026-06-10
