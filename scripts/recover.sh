#!/usr/bin/env bash
# How long a register with a large state is away, on an Apache Kafka of the run's own: sets up what is missing, and stops what it
# started whatever happens. How it is tuned stands in tests/src/bin/bench/recover.rs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh kafka
. scripts/env.sh
scripts/build.sh release bench
. scripts/bench-node.sh
scripts/with-kafka.sh 1g "$CARGO_TARGET_DIR/release/bench" recover
