#!/usr/bin/env bash
# beside.sh: the time that `opentrons_simulate` (PyPI opentrons 8.8.2) takes for one in eleven of the transfers of
# `cargo bench --bench check`, beside ours for the same number, in one run on one machine: to read, check and compile them, as it
# does, and to carry them out on the simulated rig with all their wire bytes, journal, report and tables, which it does not.
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
cargo build --release -q --bin plated
mkdir -p target/ci
many=target/ci/many.toml
{
  cat <<'PROTOCOL'
[protocol]
name = "many"

[liquids.medium]

[pieces.tips]
labware = "tiprack-20"
at = ["deck-1", "deck-2", "deck-3", "deck-4", "deck-5", "deck-6"]

[pieces.trough]
labware = "reservoir-1"
at = "deck-7"
liquid = "medium"
volume = "150 mL"

[plates.assay]
count = 8
labware = "plate-96-flat"
at = "hotel"
work = { at = "deck-9" }
PROTOCOL
  for step in $(seq 12); do
    printf '\n[[steps]]\nid = "fill-%s"\ndo = "distribute"\nfrom = "trough"\nto = "assay"\nvolume = "2 uL"\n' "$step"
    printf 'pipette = "p20-single"\ntips = "per_plate"\n'
  done
} >"$many"
simulated=$(for _ in 1 2 3; do
  rm -rf target/ci/many
  seconds target/release/plated run "$many" --rig config/demo-rig.toml --simulate --quiet --out target/ci/many
  [ -f target/ci/many/report.html ] || { echo "beside: the simulated run did not end" >&2; exit 1; }
done | sort -n | head -1)
awk -v start="$start" -v whole="$whole" -v ours="$ours" -v simulated="$simulated" 'BEGIN {
  printf "9,216 transfers: opentrons_simulate %.2f s (%.2f s without its start), plated %.4f s to read, check and compile: %.0f times (%.0f)\n",
    whole, whole - start, ours, whole / ours, (whole - start) / ours
  printf "carried out on the simulated rig in %.2f s: %.0f times (%.0f)\n",
    simulated, whole / simulated, (whole - start) / simulated }'
