#!/usr/bin/env bash
# Every test, on the real Apache Kafka: sets up what is missing, starts a node for the run, stops it whatever happens.
# Arguments go to cargo test. Ends with one line, "N passed, N failed", over all test binaries, and cargo's exit code.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh checks
. scripts/env.sh

work="$(mktemp -d "${TMPDIR:-/tmp}/standing-test.XXXXXX")"
cleanup() {
  local code=$?
  [[ ! -d "$work/kafka" ]] || scripts/kafka.sh stop "$work/kafka" || true
  if [[ $code -eq 0 ]]; then
    rm -rf "$work"
  elif [[ -d "$work/kafka" ]]; then
    rm -rf "$work/kafka/data"
    echo "test: Kafka's log of this run is $work/kafka/server.log" >&2
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

scripts/build.sh
# Compiled before the node starts, so that it has the machine's memory and cores to itself.
cargo test --workspace --locked --no-run

address="$(scripts/kafka.sh start "$work/kafka" 0 1g)"
export STANDING_TEST_KAFKA="$address"
echo "test: Apache Kafka answers on $address" >&2

code=0
cargo test --workspace --locked --no-fail-fast "$@" 2>&1 | tee "$work/output" || code=${PIPESTATUS[0]}
awk '
  /^test result: / {
    for (i = 2; i <= NF; i++) {
      if ($i == "passed;") passed += $(i - 1)
      if ($i == "failed;") failed += $(i - 1)
    }
  }
  END { printf "\n%d passed, %d failed\n", passed, failed }
' "$work/output"
exit "$code"
