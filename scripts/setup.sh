#!/usr/bin/env bash
# Everything a fresh Debian or Ubuntu machine needs to build and test Standing: system packages, Rust, Apache Kafka's
# jars, RocksDB's archive. It looks first and installs only what is missing, so a second run takes a moment.
#
#   scripts/setup.sh           what a build needs
#   scripts/setup.sh kafka     that, and what running Apache Kafka needs
#   scripts/setup.sh bench     that, and what counts instructions
#   scripts/setup.sh checks    that, and what checks the deployment files (a Python environment in the cache)
#   scripts/setup.sh peer      what running Apache Kafka needs, and a Java compiler
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh
mkdir -p "$STANDING_CACHE"

fail() {
  echo "setup: $*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# A header that the C compiler finds; a shared library that the loader or LLVM's own directory has.
has_header() {
  echo "#include <$1>" | cc -E - >/dev/null 2>&1
}

has_libclang() {
  compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || ldconfig -p 2>/dev/null | grep -q libclang
}

java_is_new() {
  local major
  major="$(java -version 2>&1 | sed -n 's/^[^"]*version "\([0-9]*\).*/\1/p')"
  [[ ${major:-0} -ge 17 ]]
}

# Whether the distribution has a package: `apt-cache show` also knows names that others only mention.
available() {
  apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'
}

# Debian names the runtime by its version: whichever of these it has.
java_package() {
  local version
  for version in 17 21 25; do
    if available "openjdk-$version-jre-headless"; then
      echo "openjdk-$version-jre-headless"
      return
    fi
  done
  fail "found no package of a Java runtime, 17 or newer: install one so that 'java -version' shows it, then run this again"
}

# The compiler of the runtime that is there; else of the one that will be.
compiler_package() {
  local version
  if java_is_new; then
    version="$(java -version 2>&1 | sed -n 's/^[^"]*version "\([0-9]*\).*/\1/p')"
    if available "openjdk-$version-jdk-headless"; then
      echo "openjdk-$version-jdk-headless"
      return
    fi
  fi
  java_package | sed 's/-jre-/-jdk-/'
}

apt() {
  local as=()
  if [[ $(id -u) -ne 0 ]]; then
    has sudo || fail "as root, run: apt-get install -y $*"
    as=(sudo)
  fi
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" >&2
}

packages() {
  local missing=() need_java=false need_compiler=false
  has c++ && has make || missing+=(build-essential)
  has pkg-config || missing+=(pkg-config)
  has curl || missing+=(curl ca-certificates)
  has git || missing+=(git)
  has clang || missing+=(clang)
  has_libclang || missing+=(libclang-dev)
  has cc && has_header zlib.h || missing+=(zlib1g-dev)
  has cc && has_header openssl/ssl.h || missing+=(libssl-dev)
  [[ -f /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ]] || missing+=(fonts-wqy-microhei)
  if [[ $1 != build ]]; then
    has setsid && has flock || missing+=(util-linux)
    has mvn || missing+=(maven)
    java_is_new || need_java=true
  fi
  if [[ $1 == bench ]]; then
    has valgrind || missing+=(valgrind)
  fi
  if [[ $1 == peer ]] && ! has javac; then
    need_compiler=true
  fi
  if [[ $1 == checks ]]; then
    has python3 || missing+=(python3)
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing+=(python3-venv)
  fi
  [[ ${#missing[@]} -gt 0 || $need_java == true || $need_compiler == true ]] || return 0
  has apt-get || fail "needs ${missing[*]}$($need_java && echo ' and a Java runtime, 17 or newer')$($need_compiler && echo ' and javac of that Java'): install them, then run this again"
  apt update -q
  if $need_java; then
    missing+=("$(java_package)")
  fi
  if $need_compiler; then
    missing+=("$(compiler_package)")
  fi
  echo "setup: installing ${missing[*]}" >&2
  apt install -y --no-install-recommends "${missing[@]}"
}

rust() {
  local want
  want="$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)"
  if has cargo && [[ "$(cargo --version 2>/dev/null)" == "cargo $want"* ]] && has rustfmt; then
    return
  fi
  if ! has rustup && available rustup; then
    apt install -y --no-install-recommends rustup
  fi
  if ! has rustup; then
    echo "setup: installing rustup" >&2
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --no-modify-path --profile minimal --default-toolchain none >&2 ||
      fail "could not fetch rustup: install Rust $want so that 'cargo --version' shows it, then run this again"
    export PATH="$HOME/.cargo/bin:$PATH"
  fi
  echo "setup: installing Rust $want" >&2
  rustup toolchain install "$want" --profile minimal --component rustfmt --component clippy >&2
  [[ "$(cargo --version)" == "cargo $want"* ]] ||
    fail "$(command -v cargo) is not rustup's and comes first: put ~/.cargo/bin before it in PATH"
}

case "${1:-build}" in
  build | kafka | bench | checks | peer) ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
packages "${1:-build}"
rust
scripts/rocksdb.sh
case "${1:-build}" in
  build) ;;
  kafka | bench | peer) scripts/kafka.sh install ;;
  checks)
    scripts/kafka.sh install
    scripts/checks.sh install
    ;;
esac
