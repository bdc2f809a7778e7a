#!/usr/bin/env bash
# The numbers of one run, on the embedded log and on Apache Kafka: sets up what is missing, starts a node for the run, stops
# it whatever happens. What is measured, and how it is tuned, stands in tests/src/bin/bench.rs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh kafka
. scripts/env.sh
scripts/build.sh
cargo build --locked -p e2e --bin bench --bin bench-fold
mkdir -p target/bench
scripts/with-kafka.sh 1g "$CARGO_TARGET_DIR/debug/bench"
# What the fold alone costs, and the workers without the services around them; one line of JSON for each measurement.
scripts/with-kafka.sh 1g "$CARGO_TARGET_DIR/debug/bench-fold" | tee target/bench/fold.jsonl
