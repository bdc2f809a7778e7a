# Sourced by the make targets and by hand: where costly things are kept, so that a second run is quick.
export STANDING_CACHE="${STANDING_CACHE:-$HOME/.cache/standing}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$STANDING_CACHE/target}"
export ROCKSDB_LIB_DIR="$STANDING_CACHE/rocksdb-11.8.1"
export ROCKSDB_STATIC=1
