#!/usr/bin/env bash
# kills.sh POINTS [SEED] [--jobs N]: kill -9 of the drill at random points on a rig of two processes, then --resume; the ledger
# of physical truth must be that of an uninterrupted run, and no recorded reading may be lost.
# kills.sh writes [FIRST [LAST]] [--jobs N]: the same at each durable write of its journal, at four moments of each.
set -euo pipefail
cd "$(dirname "$0")/.."
# HARNESS says how the drill itself is built (default: --release); the program that it kills is PLATED, or built beside it.
exec cargo run "${HARNESS:---release}" -q --example kill_drill -- "$@"
