#!/usr/bin/env bash
# The stateful runtime under seeded troubles: workers killed between any two steps, late commits, lost partitions, full disks,
# damaged files. SIMULATION_SEEDS says how many seeds (5,000), SIMULATION_FIRST where they begin; what a seed does stands in
# services/stream/tests/simulation. Needs neither Kafka nor the network once the build is set up.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh
. scripts/env.sh
export SIMULATION_SEEDS="${SIMULATION_SEEDS:-5000}"
cargo test --locked --workspace --test simulation -- --nocapture
