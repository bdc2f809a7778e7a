#!/usr/bin/env bash
# Runs a command with an Apache Kafka of its own and ends as it ends: starts a node (scripts/setup.sh kafka comes before),
# gives its address in STANDING_TEST_KAFKA, its process in STANDING_TEST_KAFKA_PID and the folder of its logs in
# STANDING_TEST_KAFKA_DATA, stops it whatever happens. After a failure the node's log stays.
#
#   scripts/with-kafka.sh HEAP COMMAND [ARGUMENT]...        HEAP is like 1g
set -euo pipefail

if [[ $# -lt 2 ]]; then
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
kafka="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/kafka.sh"
work="$(mktemp -d "${TMPDIR:-/tmp}/standing-kafka.XXXXXX")"
cleanup() {
  local code=$?
  "$kafka" stop "$work" || true
  if [[ $code -eq 0 ]]; then
    rm -rf "$work"
  else
    rm -rf "$work/data"
    echo "with-kafka: Kafka's log of this run is $work/server.log" >&2
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

STANDING_TEST_KAFKA="$("$kafka" start "$work" 0 "$1")"
STANDING_TEST_KAFKA_PID="$(cat "$work/kafka.pid")"
STANDING_TEST_KAFKA_DATA="$work/data"
export STANDING_TEST_KAFKA STANDING_TEST_KAFKA_PID STANDING_TEST_KAFKA_DATA
echo "with-kafka: Apache Kafka answers on $STANDING_TEST_KAFKA" >&2
"${@:2}"
