# Fire safety, housing, construction and land: firms, people and buildings.

story fire.penalty: a serious penalty supervises every inspection and restricts honours
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚〔2026〕1号 revision=1 subject=uscc:1 issued=2026-05-08 fields={severity: serious, fine_cny: "20000.00"}
expect inspection.routine clear
pending key-supervision 1
pending honours-restriction 1
event notice.served source=district.fire item=fire.penalty record=虚构消罚〔2026〕1号 subject=uscc:1 notice_id=N1 served_on=2026-05-09
expect inspection.routine supervised until=2029-05-07
expect inspection.fire supervised until=2029-05-07
expect honours.quality-award restricted until=2029-05-07
expect subsidy.technology-innovation clear
expect procurement.bid clear
expect licence.food-operation clear
clock 2029-05-08
expect inspection.routine clear
expect honours.quality-award clear

story fire.penalty: general and minor penalties have no consequences, however many there are
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚2号 revision=1 subject=uscc:2 issued=2026-05-05 fields={severity: general}
event notice.served source=district.fire item=fire.penalty record=虚构消罚2号 subject=uscc:2 notice_id=N1 served_on=2026-05-06
event record.upserted source=district.fire item=fire.penalty record=虚构消罚3号 revision=1 subject=uscc:2 issued=2026-05-06 fields={severity: general}
event notice.served source=district.fire item=fire.penalty record=虚构消罚3号 subject=uscc:2 notice_id=N2 served_on=2026-05-07
event record.upserted source=district.fire item=fire.penalty record=虚构消罚4号 revision=1 subject=uscc:2 issued=2026-05-07 fields={severity: minor}
event notice.served source=district.fire item=fire.penalty record=虚构消罚4号 subject=uscc:2 notice_id=N3 served_on=2026-05-08
expect inspection.routine clear
expect honours.quality-award clear

story fire.penalty: under order 36 a serious penalty may be repaired after a year
now 2027-05-08
event record.upserted source=district.fire item=fire.penalty record=虚构消罚5号 revision=1 subject=uscc:3 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚5号 subject=uscc:3 notice_id=N1 served_on=2026-05-09
event repair.applied source=district.fire item=fire.penalty record=虚构消罚5号 subject=uscc:3 repair_id=R1 applied_on=2027-05-07
event repair.granted source=district.fire item=fire.penalty record=虚构消罚5号 subject=uscc:3 repair_id=R1 decided_on=2027-05-08
expect inspection.routine supervised until=2029-05-07
event repair.applied source=district.fire item=fire.penalty record=虚构消罚5号 subject=uscc:3 repair_id=R2 applied_on=2027-05-08
event repair.granted source=district.fire item=fire.penalty record=虚构消罚5号 subject=uscc:3 repair_id=R2 decided_on=2027-05-08
expect inspection.routine clear
expect honours.quality-award clear

story fire.penalty: under notice 527 a serious penalty could be repaired after six months
now 2022-01-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚6号 revision=1 subject=uscc:4 issued=2021-07-01 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚6号 subject=uscc:4 notice_id=N1 served_on=2021-07-05
expect inspection.routine supervised until=2024-06-30
event repair.applied source=district.fire item=fire.penalty record=虚构消罚6号 subject=uscc:4 repair_id=R1 applied_on=2021-12-31
event repair.granted source=district.fire item=fire.penalty record=虚构消罚6号 subject=uscc:4 repair_id=R1 decided_on=2022-01-04
expect inspection.routine supervised until=2024-06-30
event repair.applied source=district.fire item=fire.penalty record=虚构消罚6号 subject=uscc:4 repair_id=R2 applied_on=2022-01-01
event repair.granted source=district.fire item=fire.penalty record=虚构消罚6号 subject=uscc:4 repair_id=R2 decided_on=2022-01-05
expect inspection.routine clear

story fire.penalty: of two rules the milder one counts when a repair is applied for
now 2025-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚7号 revision=1 subject=uscc:5 issued=2023-04-20 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚7号 subject=uscc:5 notice_id=N1 served_on=2023-04-25
event repair.applied source=district.fire item=fire.penalty record=虚构消罚7号 subject=uscc:5 repair_id=R1 applied_on=2023-10-20
event repair.granted source=district.fire item=fire.penalty record=虚构消罚7号 subject=uscc:5 repair_id=R1 decided_on=2023-10-25
expect inspection.routine clear

story fire.penalty: order 58 let general penalties stand for three years, order 36 for one
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚8号 revision=1 subject=building:1 issued=2025-05-08 until=2028-05-07 fields={severity: general}
refuse valid.over-maximum event record.upserted source=district.fire item=fire.penalty record=虚构消罚9号 revision=1 subject=building:1 issued=2026-05-08 until=2028-05-07 fields={severity: general}
refuse field.invalid event record.upserted source=district.fire item=fire.penalty record=虚构消罚10号 revision=1 subject=building:1 issued=2026-05-08 fields={severity: grave}

story key-supervision: a building is supervised for itself, and honours are not a building's
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚11号 revision=1 subject=building:2 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚11号 subject=building:2 notice_id=N1 served_on=2026-05-09
expect inspection.routine supervised until=2029-05-07
expect honours.quality-award clear

story honours-restriction: a serious penalty of a person bars honours for that person
now 2026-05-10
event record.upserted source=district.fire item=fire.penalty record=虚构消罚12号 revision=1 subject=cn-id:2 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.fire item=fire.penalty record=虚构消罚12号 subject=cn-id:2 notice_id=N1 served_on=2026-05-09
expect honours.model-worker restricted until=2029-05-07
expect subsidy.start-up clear

story housing.penalty: a serious penalty supervises and bars honours, a general one does nothing
now 2026-05-10
event record.upserted source=district.housing item=housing.penalty record=虚构住建罚1号 revision=1 subject=uscc:6 issued=2026-05-08 fields={severity: general, fine_cny: "5000.00"}
event notice.served source=district.housing item=housing.penalty record=虚构住建罚1号 subject=uscc:6 notice_id=N1 served_on=2026-05-09
expect inspection.routine clear
event record.upserted source=district.housing item=housing.penalty record=虚构住建罚2号 revision=1 subject=uscc:6 issued=2026-05-08 fields={severity: serious}
event notice.served source=district.housing item=housing.penalty record=虚构住建罚2号 subject=uscc:6 notice_id=N2 served_on=2026-05-09
expect inspection.construction supervised until=2029-05-07
expect inspection.routine supervised until=2029-05-07
expect honours.quality-award restricted until=2029-05-07

story housing.penalty: a serious penalty of 2024 still supervises in 2026
now 2026-05-10
event record.upserted source=district.housing item=housing.penalty record=虚构住建罚3号 revision=1 subject=uscc:7 issued=2024-06-01 fields={severity: serious}
event notice.served source=district.housing item=housing.penalty record=虚构住建罚3号 subject=uscc:7 notice_id=N1 served_on=2024-06-05
expect inspection.routine supervised until=2027-05-31
expect honours.quality-award restricted until=2027-05-31

story fire-hazard-supervision: a sealed place is inspected more often for fire, and only for that
now 2026-05-10
event record.upserted source=district.fire item=fire.temporary-sealing record=虚构消封1号 revision=1 subject=building:3 issued=2026-05-08 until=2026-06-07 fields={place: 虚构二层仓库}
event notice.served source=district.fire item=fire.temporary-sealing record=虚构消封1号 subject=building:3 notice_id=N1 served_on=2026-05-08
expect inspection.fire supervised until=2026-06-07
expect inspection.routine clear
clock 2026-06-08
expect inspection.fire clear

story fire.venue-permit: it is recorded for as long as it says, and nothing follows
now 2026-05-10
event record.upserted source=district.fire item=fire.venue-permit record=虚构消许1号 revision=1 subject=uscc:8 issued=2026-05-08 until=2099-12-31 fields={permit: 虚构商场, on_commitment: true}
expect licence.public-venue-fire clear

story building-safety-supervision: a dangerous building is inspected more often until it is safe
now 2026-05-10
event record.upserted source=district.housing item=housing.dangerous-building record=虚构房鉴1号 revision=1 subject=building:4 issued=2026-05-08 fields={level: d}
event notice.served source=district.housing item=housing.dangerous-building record=虚构房鉴1号 subject=building:4 notice_id=N1 served_on=2026-05-09
expect inspection.building-safety supervised until=none
expect inspection.fire clear
event record.withdrawn source=district.housing item=housing.dangerous-building record=虚构房鉴1号 revision=2 subject=building:4 reason="虚构：解除危险"
expect inspection.building-safety clear

story housing.qualification: it is recorded and nothing follows
now 2026-05-10
event record.upserted source=district.housing item=housing.qualification record=虚构资质1号 revision=1 subject=uscc:9 issued=2026-05-08 until=2031-05-07 fields={grade: 虚构二级}
expect licence.construction clear

story housing.rental-filing: the filing is the building's, never a tenant's
now 2026-05-10
event record.upserted source=district.housing item=housing.rental-filing record=虚构租备1号 revision=1 subject=building:5 issued=2026-05-08 until=2027-05-07 fields={use: residence, rooms: 12}
expect inspection.building-safety clear
refuse subject.kind-not-lawful event record.upserted source=district.housing item=housing.rental-filing record=虚构租备2号 revision=1 subject=cn-id:3 issued=2026-05-08 until=2027-05-07 fields={use: residence}

story housing.building-commitment: it feeds the stars of the building and nothing else
now 2026-05-10
event record.upserted source=district.housing item=housing.building-commitment record=虚构楼诺1号 revision=1 subject=building:6 issued=2026-05-08 fields={kept: false}
expect inspection.building-safety clear
expect inspection.routine clear

story urban-management.building-inspection: it feeds the stars of the building and nothing else
now 2026-05-10
event record.upserted source=district.urban-management item=urban-management.building-inspection record=虚构楼检1号 revision=1 subject=building:7 issued=2026-05-08 fields={result: fail}
expect inspection.city clear
expect inspection.routine clear

story land-supply-exclusion: land left idle by its holder bars further land until it is dealt with
now 2026-05-10
event record.upserted source=district.natural-resources item=natural-resources.idle-land record=虚构闲置1号 revision=1 subject=uscc:10 issued=2026-05-08 fields={cause: holder, area_sqm: "3200.5"}
event notice.served source=district.natural-resources item=natural-resources.idle-land record=虚构闲置1号 subject=uscc:10 notice_id=N1 served_on=2026-05-09
expect land.transfer restricted until=none
expect land.auction restricted until=none
expect land.change-of-use clear
expect subsidy.technology-innovation clear

story natural-resources.idle-land: land idle through the government's doing has no consequences
now 2026-05-10
event record.upserted source=district.natural-resources item=natural-resources.idle-land record=虚构闲置2号 revision=1 subject=uscc:11 issued=2026-05-08 fields={cause: government}
event notice.served source=district.natural-resources item=natural-resources.idle-land record=虚构闲置2号 subject=uscc:11 notice_id=N1 served_on=2026-05-09
expect land.transfer clear

story inspection.result: results feed ratings; a failed inspection restricts and supervises nothing
now 2026-05-10
event record.upserted source=district.fire item=inspection.result record=虚构检1号 revision=1 subject=building:8 issued=2026-05-08 fields={result: fail}
event record.upserted source=district.housing item=inspection.result record=虚构检2号 revision=1 subject=building:8 issued=2026-05-08 fields={result: rectified}
event record.upserted source=district.market item=inspection.result record=虚构检3号 revision=1 subject=building:8 issued=2026-05-08 fields={result: pass}
expect inspection.routine clear
expect inspection.fire clear
refuse source.not-entitled event record.upserted source=district.health publisher=district.fire item=inspection.result record=虚构检4号 revision=1 subject=building:8 issued=2026-05-08 fields={result: pass}

story fire.temporary-sealing: without an end it is not taken
now 2026-05-10
refuse document.no-end event record.upserted source=district.fire item=fire.temporary-sealing record=虚构消封2号 revision=1 subject=uscc:12 issued=2026-05-08 fields={place: 虚构一层}

story housing.dangerous-building: it is about a building, never about who lives or owns there
now 2026-05-10
refuse subject.kind-not-lawful event record.upserted source=district.housing item=housing.dangerous-building record=虚构房鉴2号 revision=1 subject=cn-id:4 issued=2026-05-08 fields={level: c}
refuse subject.kind-not-lawful event record.upserted source=district.housing item=housing.dangerous-building record=虚构房鉴3号 revision=1 subject=uscc:13 issued=2026-05-08 fields={level: c}
