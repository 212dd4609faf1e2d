#!/usr/bin/env bash
# schema.sh: what `plated schema` writes, judged by a program of others. Taplo (https://taplo.tamasfe.dev) lints every
# protocol, rig, profile and labware file of the repository by its schema, which must pass, and the files of
# tests/cases/protocols/invalid whose fault a schema can see, which must not.
# PLATED names the program (default: target/release/plated), TAPLO_CACHE the folder that Taplo is installed into.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
plated=${PLATED:-target/release/plated}
cache=${TAPLO_CACHE:-target/ci/taplo}
taplo=$cache/node_modules/.bin/taplo
if [ ! -x "$taplo" ]; then
  if ! command -v npm >/dev/null; then
    echo "schema: SKIPPED, no npm here to install Taplo with" >&2
    exit 0
  fi
  mkdir -p "$cache"
  if ! npm install --silent --no-audit --no-fund --prefix "$cache" @taplo/cli@0.7.0 >"$cache/install.log" 2>&1; then
    echo "schema: SKIPPED, Taplo could not be installed:" >&2
    tail -n 3 "$cache/install.log" >&2
    exit 0
  fi
fi
schemas=target/ci/schemas
rm -rf "$schemas"
for language in protocol rig profile text-profile labware; do
  "$plated" schema "$language" --out "$schemas" >/dev/null || exit 1
done

lint() { # language, files
  local language=$1
  shift
  "$taplo" lint --colors never --no-auto-config --schema "file://$(realpath "$schemas")/$language.schema.json" "$@" 2>&1
}

wrong=0
sound() { # language, files: all must pass
  local language=$1 shown
  shift
  if shown=$(lint "$language" "$@"); then
    echo "schema: $# $language files pass"
  else
    echo "$shown" | grep -v INFO
    wrong=$((wrong + 1))
  fi
}
sound protocol protocols/*.toml tests/cases/protocols/valid/*.toml docs/examples/first-look.toml
sound rig config/*.toml
# Profiles are of two kinds.
read -ra texts <<<"$(grep -l '^kind = "text"' config/profiles/*.toml | tr '\n' ' ')"
read -ra registers <<<"$(grep -L '^kind = "text"' config/profiles/*.toml | tr '\n' ' ')"
sound text-profile "${texts[@]}"
sound profile "${registers[@]}"
sound labware config/labware/*.toml

# A text beside each file says which codes it has.
faulty=()
for text in tests/cases/protocols/invalid/*.txt; do
  file=${text%.txt}.toml
  grep -qE '^error\[(wrong-type|unknown-key|missing-key|quantity|step-kind|out-of-range)\]' "$text" || continue
  # What a schema cannot say: values of parameters and of other files, steps finer than a quantity has, shares written
  # as percentages, dates, which are texts to it, that a list may not be empty, and what hangs on the tool of the rig.
  case $(basename "$file") in
    parameter-as-*|call-*|*-too-fine.toml|quantity-*|growth-quota-*|day-as-toml-date.toml|for-each-nothing.toml|colonies-no-mix.toml) unsaid=$((${unsaid:-0} + 1)); continue ;;
  esac
  faulty+=("$file")
done
# One call for all, since Taplo takes seconds to start; it tells the place of each fault.
found=$(lint protocol "${faulty[@]}")
for file in "${faulty[@]}"; do
  if ! grep -qF "/invalid/$(basename "$file"):" <<<"$found"; then
    echo "$file passes, though its fault is one of type:"
    grep -E '^error' "${file%.toml}.txt"
    wrong=$((wrong + 1))
  fi
done
seen=${#faulty[@]}
echo "schema: $seen protocols with a fault of type, ${unsaid:-0} more that a schema cannot say, $wrong complaints"
[ $wrong -eq 0 ] && [ $seen -ge 10 ]
