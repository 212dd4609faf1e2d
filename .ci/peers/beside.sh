#!/usr/bin/env bash
# beside.sh: the time that `opentrons_simulate` (PyPI opentrons 8.8.2) takes for one in eleven of the transfers of
# `cargo bench --bench check`, beside ours for the same number, in one run on one machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${PLATED_PEERS:-target/ci/peers}/opentrons
if ! { [ -x "$venv/bin/opentrons_simulate" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q opentrons==8.8.2; }; }; then
  echo "beside: SKIPPED, opentrons cannot be had here" >&2
  exit 0
fi
seconds() {
  local TIMEFORMAT=%R
  { time "$@" >/dev/null 2>&1; } 2>&1
}
simulate="$venv/bin/opentrons_simulate"
export PYTHONDONTWRITEBYTECODE=1
start=$(ROUNDS=0 seconds "$simulate" -o nothing .ci/peers/many_transfers.py)
whole=$(ROUNDS=96 seconds "$simulate" -o nothing .ci/peers/many_transfers.py)
cargo bench --bench check --no-run -q
bench=$(cargo bench --bench check --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
ours=$(for _ in 1 2 3; do "$bench" --once 1; done | sort -n | head -1 | cut -d' ' -f1)
awk -v start="$start" -v whole="$whole" -v ours="$ours" 'BEGIN {
  printf "9,216 transfers: opentrons_simulate %.2f s (%.2f s without its start), plated %.4f s to read, check and compile: %.0f times (%.0f)\n",
    whole, whole - start, ours, whole / ours, (whole - start) / ours }'
