#!/usr/bin/env bash
# Every benchmark of one run, one after the other, each on an Apache Kafka of its own: sets up what is missing, starts a node for
# each, stops it whatever happens. What is measured, and how it is tuned, stands in the program's parts: tests/src/bin/bench.
# BENCH_PARTS picks some: instructions http fold path check recover plan peer. What they print is in target/bench; the page of all of them is docs/benchmarks.md.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
parts="${BENCH_PARTS:-instructions http fold path check recover plan peer}"
scripts/setup.sh bench
. scripts/env.sh
scripts/build.sh release bench
# What a part lacks is missed before the first begins.
[[ " $parts " != *" peer "* ]] || scripts/bench-peer.sh build
bench="$CARGO_TARGET_DIR/release/bench"
mkdir -p target/bench
# The page is of a whole run, and of nothing before it; parts alone leave their figures, and the page as it is.
[[ -n ${BENCH_PARTS:-} ]] || find target/bench -maxdepth 1 -type f -delete
# Sizes for forty minutes on two cores; each part by itself has others by default.
export BENCH_FOLD_EVENTS="${BENCH_FOLD_EVENTS:-200000}" BENCH_FOLD_SUBJECTS="${BENCH_FOLD_SUBJECTS:-20000}"
export BENCH_FOLD_GROWTH_EVENTS="${BENCH_FOLD_GROWTH_EVENTS:-500}" BENCH_FOLD_KAFKA_EVENTS="${BENCH_FOLD_KAFKA_EVENTS:-200000}"
# A million records of one subject that all restrict take ten minutes to fill in.
export BENCH_FOLD_GROWTH_ADVERSE_MAX="${BENCH_FOLD_GROWTH_ADVERSE_MAX:-100000}"
export BENCH_FOLD_SCALE_EVENTS="${BENCH_FOLD_SCALE_EVENTS:-60000}"
export PATH_RECORDS="${PATH_RECORDS:-300000}" PATH_SUBJECTS="${PATH_SUBJECTS:-30000}"
export RECOVER_RECORDS="${RECOVER_RECORDS:-500000}" RECOVER_SUBJECTS="${RECOVER_SUBJECTS:-25000}"
# A state of size: with less, all that a restart of the peer takes is the start of its Java machine.
export PEER_EVENTS="${PEER_EVENTS:-1000000}"
export PEER_SUBJECTS="${PEER_SUBJECTS:-$((PEER_EVENTS / 3))}"
. scripts/bench-node.sh
for part in $parts; do
  echo "bench: $part, after $((SECONDS / 60)) min" >&2
  case "$part" in
  # What the fold alone costs, and the workers without the services around them; one line of JSON for each measurement.
  fold) scripts/with-kafka.sh 1g "$bench" fold | tee target/bench/fold.jsonl ;;
  instructions) "$bench" instructions ;;
  http) BENCH_FIRMS="${BENCH_FIRMS:-10000}" scripts/with-kafka.sh 1g "$bench" http ;;
  path | check | recover) scripts/with-kafka.sh 1g "$bench" "$part" ;;
  # That what is published is what was planned is held by it when it is run by itself, and by tests/tests/plan.rs.
  plan) BENCH_FIRMS="${BENCH_PLAN_FIRMS:-1000000}" BENCH_PLAN_EXACT="${BENCH_PLAN_EXACT:-0}" scripts/bench-plan.sh ;;
  peer) scripts/bench-peer.sh ;;
  *) echo "bench: no part $part: instructions http fold path check recover plan peer" >&2 && exit 2 ;;
  esac
done
[[ -n ${BENCH_PARTS:-} ]] || "$bench" report
