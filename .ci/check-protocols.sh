#!/usr/bin/env bash
# Every protocol in the repository passes its own check on the demonstration rig.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=0
for protocol in protocols/*.toml; do
  target/release/plated check "$protocol" --rig config/demo-rig.toml
  passed=$((passed + 1))
done
echo "check-protocols: $passed passed, 0 failed"
