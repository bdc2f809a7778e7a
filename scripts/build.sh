#!/usr/bin/env bash
# Builds the command line and leaves it at bin/standing: with the features of the whole workspace, as the tests do, so that neither
# builds what the other has built already.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh
cargo build --locked --workspace --bin standing
mkdir -p bin
# Put in place by a rename: a binary that is running cannot be written to.
cp "$CARGO_TARGET_DIR/debug/standing" bin/standing.new
mv bin/standing.new bin/standing
