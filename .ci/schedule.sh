#!/usr/bin/env bash
# Schedules of published instances (S-LAB, Lawrence's job shops, job shops with longest delays) and of campaigns of plates, by the
# solver alone: kept by a checker of others, and as short as they must be. `schedule.sh long`: also the job shops with longest
# delays at their limit, and CP-SAT beside ours in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
data=../shared/data/sched
cache=${PLATED_CI_CACHE:-target/ci}
target=${CARGO_TARGET_DIR:-target}
if [ ! -d "$data" ]; then
  echo "SKIPPED: no published instances here (../shared/data/sched)"
  exit 0
fi
command -v python3 >/dev/null || { echo "SKIPPED: no python3 on this machine"; exit 0; }
cargo build --release --quiet --package plated-solver --example instances
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
instances=$target/release/examples/instances
"$instances" "$data" "$work/out" --only slab >"$work/table"
"$instances" "$data" "$work/out" --only jsplib | tail -n +2 >>"$work/table"
"$instances" "$data" "$work/out" --only plates | tail -n +2 >>"$work/table"
bars="slab jsplib"
if [ "${1:-}" = long ]; then
  "$instances" "$data" "$work/out" --only jstl --work 400000000 | tail -n +2 >>"$work/table"
  bars="$bars jstl"
fi
python3 .ci/schedule/check.py "$data" "$work/out" "$work/table" "$bars"
[ "${1:-}" = long ] || exit 0
venv=$cache/venv-ortools-9.15.6755
if [ ! -e "$venv/ready" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check ortools==9.15.6755 || { echo "SKIPPED: ortools cannot be had"; exit 0; }
  touch "$venv/ready"
fi
"$venv/bin/python" .ci/schedule/cp_sat.py "$data" "$work/table"
