#!/usr/bin/env bash
# kills.sh POINTS [FIRST]: kill -9 of the drill at random points on a rig of two processes, then --resume; the ledger
# of physical truth must be that of an uninterrupted run, and no recorded reading may be lost.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --release -q --example kill_drill -- "$@"
