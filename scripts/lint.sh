#!/usr/bin/env bash
# What CI would refuse, quickly: formatting, clippy with warnings denied, and the deployment files (the crate `e2e`
# renders and checks them: see tests/tests/).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh checks
. scripts/env.sh
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
scripts/checks.sh helm lint helm
scripts/checks.sh helm validate helm
# Compiling it takes longer than all of the above, so it runs where it is installed.
if command -v cargo-deny >/dev/null; then
  cargo deny check licenses bans sources
fi
