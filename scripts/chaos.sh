#!/usr/bin/env bash
# Faults of every kind under load on an Apache Kafka of the run's own, and the audit at the end: sets up what is missing, and
# stops what it started whatever happens. How it is tuned stands in tests/src/bin/chaos.rs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh kafka
. scripts/env.sh
scripts/build.sh
cargo build --locked --workspace --bin chaos
exec "$CARGO_TARGET_DIR/debug/chaos" "$@"
