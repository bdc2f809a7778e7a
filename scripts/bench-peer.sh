#!/usr/bin/env bash
# Standing's runtime beside Kafka Streams, on the same fold of the same events, on an Apache Kafka of the run's own: sets up what is
# missing, builds both sides, and stops what it started whatever happens. How it is tuned stands in tests/src/peer/mod.rs.
#
#   scripts/bench-peer.sh          builds and measures; the table and the figures are left in target/bench
#   scripts/bench-peer.sh build    builds both sides only
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh peer
. scripts/env.sh

pom=tests/bench/kafka-streams/pom.xml
built=target/bench/kafka-streams
peer() {
  mvn -B -q "$@" -f "$pom" compile dependency:copy-dependencies >&2
}
# Jars of another release must not stay beside the new ones.
cmp -s "$pom" "$built/pom.xml" || rm -rf "$built"
# Maven asks nobody when it has everything already.
peer -o 2>/dev/null || peer
cp "$pom" "$built/pom.xml"
# The same build as of the other parts: by itself it would have other features, and be built twice.
scripts/build.sh release bench
[[ "${1:-}" == build ]] && exit 0

. scripts/bench-node.sh
scripts/with-kafka.sh 1g "$CARGO_TARGET_DIR/release/bench" peer
