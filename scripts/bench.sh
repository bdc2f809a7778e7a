#!/usr/bin/env bash
# Every benchmark of one run, one after the other, on an Apache Kafka of its own: sets up what is missing, starts a node for each, stops
# it whatever happens. Parts joined by a plus share a node, which so compiles itself once. What is measured, and how it is tuned, stands
# in the program's parts: tests/src/bin/bench.
# BENCH_PARTS picks some: instructions fold http path check recover plan peer. What they print is in target/bench; the page of all of them is docs/benchmarks.md.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
parts="${BENCH_PARTS:-instructions fold http+path+check recover peer plan}"
shared="(http|path|check|recover)"
for part in $parts; do
  [[ $part =~ ^(instructions|fold|plan|peer|$shared(\+$shared)*)$ ]] && continue
  echo "bench: no part $part: instructions fold http path check recover plan peer; http, path, check and recover may be joined by +" >&2
  exit 2
done
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
export BENCH_FOLD_SCALE_EVENTS="${BENCH_FOLD_SCALE_EVENTS:-60000}"
export PATH_RECORDS="${PATH_RECORDS:-300000}" PATH_SUBJECTS="${PATH_SUBJECTS:-30000}"
export RECOVER_RECORDS="${RECOVER_RECORDS:-500000}" RECOVER_SUBJECTS="${RECOVER_SUBJECTS:-25000}"
# A state of size: with less, all that a restart of the peer takes is the start of its Java machine.
export PEER_EVENTS="${PEER_EVENTS:-1000000}"
export PEER_SUBJECTS="${PEER_SUBJECTS:-$((PEER_EVENTS / 3))}"
. scripts/bench-node.sh
begun=$SECONDS
# Firms of the plan: as many as there is time for before the fortieth minute, a million at most and a hundred thousand in any case. A
# minute goes into its start and its checkpoints, and a million firms take up to three tenths of what every part before them took. What is
# before it takes its time on a slow machine, and nothing here bounds that.
firms() {
  local took=$((SECONDS - begun + 1))
  local room=$(((38 * 60 - took) * 1000000 / (took * 3 / 10 + 1) / 100000 * 100000))
  echo $((room > 1000000 ? 1000000 : room < 100000 ? 100000 : room))
}
for part in $parts; do
  echo "bench: $part, after $(((SECONDS - begun) / 60)) min" >&2
  case "$part" in
  # What the fold alone costs, and the workers without the services around them; one line of JSON for each measurement.
  fold) scripts/with-kafka.sh 1g "$bench" fold | tee target/bench/fold.jsonl ;;
  instructions) "$bench" instructions ;;
  # That what is published is what was planned is held by it when it is run by itself, and by tests/tests/plan.rs.
  plan) BENCH_FIRMS="${BENCH_PLAN_FIRMS:-$(firms)}" BENCH_PLAN_EXACT="${BENCH_PLAN_EXACT:-0}" scripts/bench-plan.sh ;;
  # To catch up three times takes each side minutes more than once, and a slow machine does not have them.
  peer) PEER_CATCH_UPS="${PEER_CATCH_UPS:-$((SECONDS - begun < 18 * 60 ? 3 : 1))}" scripts/bench-peer.sh ;;
  *)
    # shellcheck disable=SC2016
    BENCH_FIRMS="${BENCH_FIRMS:-10000}" scripts/with-kafka.sh 1g \
      bash -ec 'for part in ${1//+/ }; do echo "bench: $part" >&2; "$0" "$part"; done' "$bench" "$part"
    ;;
  esac
done
[[ -n ${BENCH_PARTS:-} ]] || BENCH_TOOK_S=$((SECONDS - begun)) "$bench" report
