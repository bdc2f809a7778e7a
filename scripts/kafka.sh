#!/usr/bin/env bash
# Apache Kafka on this machine without containers, for tests and for trying things: one KRaft node on 127.0.0.1,
# run from the published jars (tests/kafka/pom.xml), which are kept in the cache.
#
#   scripts/kafka.sh install                   fetch the jars (Java 17 and Maven must be there: see scripts/setup.sh)
#   scripts/kafka.sh start DIR PORT [HEAP]     start a node with its data in DIR; PORT 0 picks a free one; HEAP is like 512m.
#                                              Returns when it answers and prints its address. DIR may hold earlier data.
#   scripts/kafka.sh stop DIR                  stop the node of DIR; its data stays
#
# STANDING_KAFKA_ADVERTISED=HOST:PORT sends clients there: to what stands in front of the node.
# STANDING_KAFKA_CONTROLLER=apart runs the controller as a process of its own, in DIR/controller, which a killed broker leaves
# running and its next start finds; otherwise the node is broker and controller in one.
# STANDING_KAFKA_SETTINGS="NAME=VALUE ..." goes before the settings in tests/kafka/server.properties.
# STANDING_KAFKA_JAVA gives the node other options of Java than those by which it starts soonest.
# DIR holds server.properties, server.log (and those of nodes before), kafka.pid (while it runs) and data/.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cache="${STANDING_CACHE:-$HOME/.cache/standing}"
pom="$root/tests/kafka/pom.xml"
version="$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$pom")"
home="$cache/kafka-$version"
libs="$home/libs"

fail() {
  echo "kafka.sh: $*" >&2
  exit 1
}

usage() {
  sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

require() {
  command -v "$1" >/dev/null || fail "$1 is missing: run scripts/setup.sh, or install $2"
}

install_jars() {
  [[ -f "$home/complete" ]] && cmp -s "$pom" "$home/complete" && return
  require mvn "maven (Debian: maven)"
  mkdir -p "$home"
  exec 9>"$home/lock"
  flock 9
  # Whoever held the lock before us may have done it.
  if ! cmp -s "$pom" "$home/complete"; then
    echo "kafka.sh: fetching Apache Kafka $version into $home" >&2
    rm -rf "$libs" "$home/complete"
    # The plugin is named with its version: what an old Maven takes by default is older than the option used here.
    mvn -B -q -f "$pom" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$libs" >&2
    cp "$pom" "$home/complete"
  fi
  exec 9>&-
}

# The class that formats storage has two names, by version.
storage_tool() {
  local core=("$libs"/kafka_2.13-*.jar)
  if jar_holds "${core[0]}" kafka/tools/StorageTool.class; then
    echo kafka.tools.StorageTool
  else
    echo org.apache.kafka.tools.StorageTool
  fi
}

# A jar's directory names its files in the clear.
jar_holds() {
  grep -aq "$2" "$1"
}

port_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A node that was killed a moment ago holds its port until the kernel has buried it.
await_port() {
  for _ in $(seq 50); do
    port_taken "$1" || return 0
    sleep 0.1
  done
  fail "port $1 on 127.0.0.1 is taken: give another one, or 0 for any"
}

# Below the range that the kernel hands out to outgoing connections, so that none of those takes it meanwhile.
free_port() {
  local port
  for _ in $(seq 200); do
    port=$((20000 + RANDOM % 12000))
    if [[ $port != "${1:-}" ]] && ! port_taken "$port"; then
      echo "$port"
      return
    fi
  done
  fail "found no free port between 20000 and 32000 on 127.0.0.1"
}

# The pid of the node of directory $1, if it runs. A pid file left by a crash may name another process by now.
running() {
  local pid
  pid="$(cat "$1/kafka.pid" 2>/dev/null)" || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$1/server.properties"; } 2>/dev/null || return 1
  echo "$pid"
}

# Starts the process of directory $1, whose server.properties is written, with heap $2 and cluster id $3, and waits until it
# says that it is up and listens on port $4.
launch() {
  local dir="$1" heap="$2" id="$3" port="$4" pid tuned setting overrides=()
  for setting in ${STANDING_KAFKA_SETTINGS:-}; do
    overrides+=(--override "$setting")
  done
  read -ra tuned <<<"${STANDING_KAFKA_JAVA:--XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
  local java=(java "${tuned[@]}" -Xshare:auto
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.log.kafka.server=info
    -Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.utils.AppInfoParser=error
    -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS"
    -cp "$libs/*")
  if [[ ! -f "$dir/data/meta.properties" ]]; then
    "${java[@]}" "$(storage_tool)" format -t "$id" -c "$dir/server.properties" >"$dir/format.log" 2>&1 ||
      fail "could not format $dir/data: see $dir/format.log"
  fi
  # What a node said before it was killed is what tells why the next one does not come up.
  [[ ! -s "$dir/server.log" ]] || mv "$dir/server.log" "$dir/server.log.until-$(date -u +%Y%m%dT%H%M%S)"
  : >"$dir/server.log"
  setsid "${java[@]}" "-Xms128m" "-Xmx$heap" kafka.Kafka "$dir/server.properties" "${overrides[@]}" \
    </dev/null >>"$dir/server.log" 2>&1 9>&- &
  pid=$!
  echo "$pid" >"$dir/kafka.pid"
  for _ in $(seq 600); do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$dir/server.log" >&2
      rm -f "$dir/kafka.pid"
      fail "the node stopped while starting: its log is $dir/server.log"
    fi
    if grep -q 'Kafka Server started' "$dir/server.log" && port_taken "$port"; then
      return
    fi
    sleep 0.1
  done
  stop_process "$dir"
  fail "the node did not answer within a minute: its log is $dir/server.log"
}

# Writes server.properties of directory $1: roles $2, number $3, the controller as NUMBER@ADDRESS $4, what else is its own in $5,
# and what every node has.
configure() {
  {
    echo "process.roles=$2"
    echo "node.id=$3"
    echo "controller.quorum.voters=$4"
    echo "log.dirs=$1/data"
    echo "$5"
    cat "$root/tests/kafka/server.properties"
  } >"$1/server.properties"
}

start() {
  local dir="$1" port="$2" heap="${3:-512m}" controller id pid
  require java "a Java runtime, 17 or newer (Debian: openjdk-17-jre-headless)"
  install_jars
  mkdir -p "$dir"
  dir="$(cd "$dir" && pwd)"
  if pid="$(running "$dir")"; then
    fail "a node already runs on $dir (pid $pid): stop it first with scripts/kafka.sh stop $dir"
  fi
  if [[ $port == 0 ]]; then
    port="$(free_port)"
  else
    await_port "$port"
  fi
  local meta="$dir/data/meta.properties"
  [[ -f "$meta" ]] || meta="$dir/controller/data/meta.properties"
  if [[ -f "$meta" ]]; then
    id="$(sed -n 's/^cluster.id=//p' "$meta")"
  else
    id="$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')"
    # Kafka refuses an id that begins with a dash.
    id="S${id:1}"
  fi

  # Data belongs to the controller it was written under.
  local place=within
  [[ ! -d "$dir/controller" ]] || place=apart
  if [[ -f "$dir/data/meta.properties" && ${STANDING_KAFKA_CONTROLLER:-$place} != "$place" ]]; then
    fail "the data in $dir was written with its controller $place: set STANDING_KAFKA_CONTROLLER=$place, or take another directory"
  fi
  local clients="PLAINTEXT://127.0.0.1:$port"
  local advertised="advertised.listeners=PLAINTEXT://${STANDING_KAFKA_ADVERTISED:-127.0.0.1:$port}"
  case "${STANDING_KAFKA_CONTROLLER:-$place}" in
    within)
      controller="127.0.0.1:$(free_port "$port")"
      configure "$dir" broker,controller 1 "1@$controller" "listeners=$clients,CONTROLLER://$controller"$'\n'"$advertised"
      ;;
    apart)
      if ! running "$dir/controller" >/dev/null; then
        controller="$(free_port "$port")"
        mkdir -p "$dir/controller"
        configure "$dir/controller" controller 2 "2@127.0.0.1:$controller" "listeners=CONTROLLER://127.0.0.1:$controller"
        echo "$controller" >"$dir/controller/port"
        # A broker that does not come up leaves no controller behind that was started for it.
        trap "stop_process '$dir/controller'" EXIT
        launch "$dir/controller" 256m "$id" "$controller"
      fi
      controller="$(cat "$dir/controller/port")"
      configure "$dir" broker 1 "2@127.0.0.1:$controller" "listeners=$clients"$'\n'"$advertised"
      ;;
    *) fail "STANDING_KAFKA_CONTROLLER is within or apart, not $STANDING_KAFKA_CONTROLLER" ;;
  esac
  launch "$dir" "$heap" "$id" "$port"
  trap - EXIT
  echo "127.0.0.1:$port"
}

stop() {
  local dir
  [[ -d "$1" ]] || fail "there is no directory $1"
  dir="$(cd "$1" && pwd)"
  stop_process "$dir"
  # A broker takes leave of its controller, so that one goes last.
  [[ ! -d "$dir/controller" ]] || stop_process "$dir/controller"
}

stop_process() {
  local dir="$1" pid
  if ! pid="$(running "$dir")"; then
    rm -f "$dir/kafka.pid"
    return
  fi
  kill "$pid" || true
  for _ in $(seq 200); do
    if [[ ! -d "/proc/$pid" ]]; then
      rm -f "$dir/kafka.pid"
      return
    fi
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/kafka.pid"
}

case "${1:-}" in
  install) [[ $# -eq 1 ]] || usage; install_jars ;;
  start) [[ $# -ge 3 && $# -le 4 ]] || usage; start "${@:2}" ;;
  stop) [[ $# -eq 2 ]] || usage; stop "$2" ;;
  *) usage ;;
esac
