# shellcheck shell=sh
# Sourced from the root of the checkout, by the make targets and by hand before any cargo command: where costly things
# are kept, so that a second run is quick.
export STANDING_CACHE="${STANDING_CACHE:-$HOME/.cache/standing}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$STANDING_CACHE/target}"
export ROCKSDB_LIB_DIR="$STANDING_CACHE/rocksdb-11.8.1"
export ROCKSDB_STATIC=1
command -v cargo >/dev/null 2>&1 || export PATH="$HOME/.cargo/bin:$PATH"

# Checkouts share the build output, and cargo takes a crate of another checkout for this one's when its files are older
# than that build: whoever builds here after another checkout did makes this one's sources new.
if [ -d services ] && [ "$(cat "$CARGO_TARGET_DIR/.checkout" 2>/dev/null)" != "$PWD" ]; then
  mkdir -p "$CARGO_TARGET_DIR"
  find services schemas tests -name '*.rs' -exec touch {} +
  echo "$PWD" >"$CARGO_TARGET_DIR/.checkout"
fi
