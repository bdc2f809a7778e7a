# 商事主体

story market.registration-lead: it becomes a task of those who enforce, at once, and touches nothing else
now 2026-06-10
event record.upserted source=district.market item=market.registration-lead record=虚构线索1号 revision=1 subject=uscc:60 issued=2026-06-09 fields={found_by: comparison, state: open}
expect inspection.registration-fraud supervised since=2026-06-09 until=2026-12-08
expect inspection.routine clear
expect registration.establishment clear
expect licence.food-operation clear
expect subsidy.technology-innovation clear

story registration-fraud-task: when the case is closed the task is gone, and a decision stands for itself
now 2026-06-10
event record.upserted source=district.market item=market.registration-lead record=虚构线索2号 revision=1 subject=uscc:61 issued=2026-06-09 fields={found_by: complaint, state: open}
event record.corrected source=district.market item=market.registration-lead record=虚构线索2号 revision=2 subject=uscc:61 issued=2026-06-09 fields={found_by: complaint, state: closed}
expect inspection.registration-fraud clear

story grid.unlicensed-lead: the grid sends it, about a shop or about the building it is in
now 2026-06-10
event record.upserted source=district.grid item=grid.unlicensed-lead record=虚构线索3号 revision=1 subject=building:60 issued=2026-06-09 fields={found_by: grid, state: open}
expect inspection.unlicensed-operation supervised
expect inspection.building-safety clear
refuse source.not-entitled event record.upserted source=district.fire publisher=district.grid item=grid.unlicensed-lead record=虚构线索4号 revision=1 subject=building:60 issued=2026-06-09 fields={found_by: grid, state: open}
refuse subject.kind-not-lawful event record.upserted source=district.grid item=grid.unlicensed-lead record=虚构线索5号 revision=1 subject=cn-id:1 issued=2026-06-09 fields={found_by: grid, state: open}

story unlicensed-operation-task: what nobody took up ends by itself
now 2026-06-10
event record.upserted source=district.grid item=grid.unlicensed-lead record=虚构线索6号 revision=1 subject=uscc:62 issued=2026-06-09 fields={found_by: grid, state: open}
expect inspection.unlicensed-operation supervised until=2026-12-08
clock 2026-12-09
expect inspection.unlicensed-operation clear
