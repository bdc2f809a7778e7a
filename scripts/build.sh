#!/usr/bin/env bash
# Builds the command line and leaves it at bin/standing: with the features of the whole workspace, as the tests do, so that neither
# builds what the other has built already.
#
#   scripts/build.sh              as tests run it
#   scripts/build.sh release      as it is shipped and measured: slower to build, quicker to run
#   scripts/build.sh release X    and the program X of the workspace with it
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh
profile="${1:-dev}"
cargo build --locked --workspace --bin standing ${2:+--bin "$2"} --profile "$profile"
mkdir -p bin
# Put in place by a rename: a binary that is running cannot be written to.
cp "$CARGO_TARGET_DIR/${profile/#dev/debug}/standing" bin/standing.new
mv bin/standing.new bin/standing
