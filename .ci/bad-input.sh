#!/usr/bin/env bash
# Bad input gets one clear message and the documented exit code, and leaves nothing half-done.
set -uo pipefail
cd "$(dirname "$0")/.."
plated=target/release/plated
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
expect() { # expect CODE WORDS COMMAND…
  local code=$1 words=$2
  shift 2
  local text status
  text=$("$@" 2>&1 </dev/null)
  status=$?
  if [ $status -eq "$code" ] && grep -qF -- "$words" <<<"$text"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'expected exit %s and "%s", got exit %s from: %s\n%s\n' "$code" "$words" "$status" "$*" "$text"
  fi
}
rig=config/demo-rig.toml
screen=protocols/growth-screen.toml
mutate() { sed "$1" "$screen" >"$work/p.toml"; }

expect 2 "could not read nowhere.toml" $plated run nowhere.toml --rig $rig --simulate
expect 2 "could not read norig.toml" $plated run $screen --rig norig.toml --simulate
printf '[protocol\nname = 3' >"$work/p.toml"
expect 3 "not valid TOML" $plated check "$work/p.toml" --rig $rig
mutate 's/180 uL/180 C/'
expect 3 'is not a unit of volume' $plated check "$work/p.toml" --rig $rig
expect 3 "plates" $plated check $screen --rig $rig --param plates=9
expect 3 "plats" $plated check $screen --rig $rig --param plats=4
expect 2 "write a name and a value" $plated check $screen --rig $rig --param plates
expect 2 "holds no run" $plated run --resume no-such-run
expect 4 "no daemon answers" $plated status --socket "$work/none.sock"
expect 2 "required" $plated run $screen
expect 3 "not released for a real rig" $plated run $screen --rig $rig --out "$work/draft"
expect 2 "did you mean dead-volume?" $plated explain dead-volum
printf 'plates = [1]\n' >"$work/values.toml"
expect 2 "flat table" $plated check $screen --rig $rig --param-file "$work/values.toml"
# A port that does not exist: the run fails before anything moves, and the journal tells how far it came.
expect 1 "/dev/ttyAMA0" $plated run $screen --rig $rig --out "$work/noport" --unreleased engineer "there is no port"
expect 0 "chain sound" $plated replay "$work/noport" --verify
# A mover that grips beside its plates: nobody in a simulated run can mend that, so the run ends and says so.
sed "s#grip_height = \"6 mm\"#grip_height = \"55 mm\"#; s#= \"labware\"#= \"$PWD/config/labware\"#; s#\"profiles/#\"$PWD/config/profiles/#" $rig >"$work/rig.toml"
expect 1 "nobody here can answer" $plated run protocols/drill.toml --rig "$work/rig.toml" --simulate --out "$work/grip"
echo "bad-input: $passed passed, $failed failed"
[ $failed -eq 0 ]
