#!/usr/bin/env bash
# How long a plan of a catalogue takes on a register of many subjects, on an Apache Kafka of the run's own: sets up what is missing,
# and stops what it started whatever happens. How it is tuned stands in tests/src/bin/bench/plan.rs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh kafka
. scripts/env.sh
scripts/build.sh release bench
mkdir -p target/bench
scripts/with-kafka.sh 1g "$CARGO_TARGET_DIR/release/bench" plan | tee -a /dev/stderr | grep '^{' >target/bench/plan.json
