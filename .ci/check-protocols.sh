#!/usr/bin/env bash
# Every protocol in the repository passes its own check on the rig that it is for, and every file is in canonical layout.
set -euo pipefail
cd "$(dirname "$0")/.."
plated=target/release/plated
# The head of a protocol says which rig it is for: "# rig: pin"; without that it is the demonstration rig.
rig_of() {
  case $(sed -n '1s/^# rig: //p' "$1") in
    "") echo config/demo-rig.toml ;;
    pick) echo config/pick-and-screen.toml ;;
    build | bench | verify) echo "config/$(sed -n '1s/^# rig: //p' "$1").toml" ;;
    *) echo "config/$(sed -n '1s/^# rig: //p' "$1")-rig.toml" ;;
  esac
}
all=() protocols=()
for protocol in protocols/*.toml; do
  case $protocol in *.release.toml | protocols/called-*) continue ;; esac
  all+=("$protocol")
  rig=$(rig_of "$protocol")
  if [ "$rig" = config/demo-rig.toml ]; then protocols+=("$protocol"); fi
  $plated check "$protocol" --rig "$rig"
done
$plated check "${protocols[@]}" --rig config/demo-rig.toml --format junit >target/check-protocols.xml
if command -v python3 >/dev/null; then
  # Somebody else's reader finds a case for each.
  python3 - "${#protocols[@]}" <<'PY'
import sys, xml.etree.ElementTree as tree
root = tree.parse("target/check-protocols.xml").getroot()
assert root.tag == "testsuites" and root[0].tag == "testsuite", root.tag
assert len(root[0].findall("testcase")) == int(sys.argv[1]) == int(root[0].get("tests"))
assert not root.findall(".//failure")
PY
fi
$plated fmt --check "${all[@]}" config/*.toml config/*/*.toml docs/examples/*.toml
echo "check-protocols: ${#all[@]} passed, 0 failed"
