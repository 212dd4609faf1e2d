#!/usr/bin/env bash
# Every protocol in the repository passes its own check on the rig that it is for, and every file is in canonical layout.
set -euo pipefail
cd "$(dirname "$0")/.."
plated=target/release/plated
protocols=() probed=() pinned=() benched=() processed=() verified=()
for protocol in protocols/*.toml; do
  case $protocol in
    *.release.toml) ;;
    protocols/probe-*) probed+=("$protocol") ;;
    protocols/pin-*) pinned+=("$protocol") ;;
    protocols/process-optimisation.toml) processed+=("$protocol") ;;
    protocols/called-*) ;;
    protocols/verify-*) verified+=("$protocol") ;;
    protocols/golden-gate.toml) benched+=("$protocol") ;;
    *) protocols+=("$protocol") ;;
  esac
done
$plated check "${protocols[@]}" --rig config/demo-rig.toml
$plated check "${probed[@]}" --rig config/probe-rig.toml
$plated check "${pinned[@]}" --rig config/pin-rig.toml
$plated check "${benched[@]}" --rig config/bench.toml
$plated check "${processed[@]}" --rig config/process-rig.toml
$plated check "${verified[@]}" --rig config/verify.toml
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
$plated fmt --check "${protocols[@]}" "${probed[@]}" "${pinned[@]}" "${benched[@]}" "${processed[@]}" "${verified[@]}" config/*.toml config/*/*.toml docs/examples/*.toml
echo "check-protocols: $((${#protocols[@]} + ${#probed[@]} + ${#pinned[@]} + ${#benched[@]} + ${#processed[@]} + ${#verified[@]})) passed, 0 failed"
