#!/usr/bin/env bash
# storm.sh [COUNT] [SEED]: a sample of the whole-system simulation (200 seeds from 1), each twice; what fails prints how it is tried again.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo run "${HARNESS:---release}" -q --example storm -- --count "${1:-200}" --seed "${2:-1}"
