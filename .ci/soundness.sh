#!/usr/bin/env bash
# soundness.sh [COUNT]: a sample of drawn protocols (300), and one case per physical rule that goes wrong without it.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run "${HARNESS:---release}" -q --example soundness -- --count "${1:-300}" --seed 1
cargo run "${HARNESS:---release}" -q --example soundness -- --known
