#!/usr/bin/env bash
# RocksDB's static archive, compiled once (ten minutes on two cores) and kept in the cache, so that no build, profile or
# checkout compiles it again: scripts/env.sh points cargo to it. The C++ sources come inside the crate librocksdb-sys, at
# the exact version of Cargo.lock, so the archive and the bindings generated from that crate's headers cannot differ.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh

version="$(sed -n '/^name = "librocksdb-sys"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)"
crate="${version%%+*}"
if [[ -z $version || $(basename "$ROCKSDB_LIB_DIR") != "rocksdb-${version##*+}" ]]; then
  echo "rocksdb.sh: Cargo.lock has librocksdb-sys '$version', scripts/env.sh names $(basename "$ROCKSDB_LIB_DIR"): change ROCKSDB_LIB_DIR there to match" >&2
  exit 1
fi
[[ -f "$ROCKSDB_LIB_DIR/librocksdb.a" ]] && exit 0

mkdir -p "$ROCKSDB_LIB_DIR"
exec 9>"$ROCKSDB_LIB_DIR/lock"
flock 9
# Whoever held the lock before us may have done it.
[[ -f "$ROCKSDB_LIB_DIR/librocksdb.a" ]] && exit 0

echo "rocksdb.sh: compiling RocksDB ${version##*+} once, for all later builds (about ten minutes on two cores)" >&2
build="$ROCKSDB_LIB_DIR/build"
rm -rf "$build"
mkdir -p "$build/src"
echo 'fn main() {}' >"$build/src/main.rs"
cp Cargo.lock rust-toolchain.toml "$build/"
cat >"$build/Cargo.toml" <<TOML
[package]
name = "rocksdb-archive"
version = "0.0.0"
edition = "2024"

[dependencies]
librocksdb-sys = { version = "=$crate", default-features = false, features = ["lz4", "zstd", "bindgen-runtime"] }

[workspace]
TOML
(
  cd "$build"
  unset ROCKSDB_LIB_DIR ROCKSDB_STATIC
  CARGO_TARGET_DIR="$build/target" cargo build --release -q
)
archives=("$build"/target/release/build/librocksdb-sys-*/out/librocksdb.a)
mv "${archives[0]}" "$ROCKSDB_LIB_DIR/librocksdb.a"
rm -rf "$build"
