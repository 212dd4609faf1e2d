#!/usr/bin/env bash
# determinism.sh SEEDS: each seed in two processes leaves the same bytes: data, report, journal, ledger.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=${1:-20}
passed=0
base=$(mktemp -d)
trap 'rm -rf "$base"' EXIT
for seed in $(seq 1 "$seeds"); do
  for process in a b; do
    target/release/plated run protocols/growth-screen.toml --rig config/demo-rig.toml --simulate \
      --seed "$seed" --quiet --out "$base/$process/run" >"$base/summary-$process"
  done
  diff -r "$base/a/run" "$base/b/run"
  passed=$((passed + 1))
  rm -rf "$base/a" "$base/b"
done
echo "determinism: $passed passed, 0 failed"
