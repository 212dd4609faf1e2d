#!/bin/sh
# Proof: growth rates agree to 1e-6 relative with reference values made by others from real growth curves.
# Give the folder of the curves; without one the usual place beside this repository is tried.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-../shared/data/growth}
if [ ! -d "$folder/expected" ]; then
    echo "growth-reference: SKIPPED, no reference data at $folder" >&2
    exit 0
fi
exec cargo run --quiet --example growth_reference -- "$folder"
