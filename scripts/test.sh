#!/usr/bin/env bash
# Every test, on the real Apache Kafka: sets up what is missing, starts a node for the run, stops it whatever happens.
# Arguments go to cargo test. Ends with one line, "N passed, N failed", over all test binaries, and cargo's exit code.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh checks
. scripts/env.sh

output="$(mktemp "${TMPDIR:-/tmp}/standing-test.XXXXXX")"
trap 'rm -f "$output"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Compiled before the node starts, so that it has the machine's memory and cores to itself; the command line too, which the
# tests of the whole start as a program of its own.
cargo test --workspace --locked --no-run

code=0
scripts/with-kafka.sh 1g cargo test --workspace --locked --no-fail-fast "$@" 2>&1 | tee "$output" || code=${PIPESTATUS[0]}
awk '
  /^test result: / {
    for (i = 2; i <= NF; i++) {
      if ($i == "passed;") passed += $(i - 1)
      if ($i == "failed;") failed += $(i - 1)
    }
  }
  END { printf "\n%d passed, %d failed\n", passed, failed }
' "$output"
exit "$code"
