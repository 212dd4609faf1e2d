#!/usr/bin/env bash
# hosts.sh: the drill on hosts that are in trouble, two processes each: a disk that is full or fails, no file handles or memory
# left, a host that is suspended. Nothing may move without a durable record, nothing twice, and what went wrong must be said.
# What needs root (a small disk) or strace (a failing one) is SKIPPED, loudly, where that cannot be had.
# PLATED names the program (default: target/release/plated).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
plated=$(realpath "${PLATED:-target/release/plated}") || exit 2
if ! command -v python3 >/dev/null; then
  echo "hosts: SKIPPED, no python3 here" >&2
  exit 0
fi
work=$(mktemp -d)
sim=0
passed=0
failed=0
skipped=0
mounted=()
finish() {
  [ "$sim" -ne 0 ] && kill "$sim" 2>/dev/null
  for place in "${mounted[@]}"; do umount "$place" 2>/dev/null; done
  rm -rf "$work"
}
trap finish EXIT

# A fresh simulated rig in a process of its own, in $rig; its ledger is what physically happened.
begin() {
  rig=$work/$1
  mkdir -p "$rig"
  "$plated" sim --rig config/demo-rig.toml --speed 600 --seed 1 --write "$rig/rig.toml" --ledger "$rig/ledger.jsonl" \
    >/dev/null 2>&1 &
  sim=$!
  for _ in $(seq 200); do
    [ -s "$rig/rig.toml" ] && return 0
    sleep 0.05
  done
  echo "plated sim did not come up"
  exit 1
}
end() {
  kill "$sim" 2>/dev/null
  wait "$sim" 2>/dev/null
  sim=0
}
drill() { # the host, with what stands before it, as in `drill prlimit --nofile=9`
  timeout 60 "$@" "$plated" run protocols/drill.toml --quiet --rig "$rig/rig.toml" --out "${out:-$rig/run}" \
    </dev/null >"$rig/out.log" 2>"$rig/host.log"
}
resume() {
  timeout 60 "$plated" run --quiet --resume "${out:-$rig/run}" </dev/null >>"$rig/out.log" 2>>"$rig/host.log"
}
verdict() { # NAME PASSED
  if [ "$2" = yes ]; then
    passed=$((passed + 1))
    echo "hosts: $1: passed"
  else
    failed=$((failed + 1))
    echo "hosts: $1: FAILED"
    tail -5 "$rig/host.log"
  fi
}
skip() {
  skipped=$((skipped + 1))
  echo "hosts: SKIPPED $1" >&2
}

# What moved, by instrument, without times. `moves A same B`: all of it; `moves A within B`: the beginning of it;
# `moves A halted B`: the beginning, but for the last move of each, which a halt may have cut short.
cat >"$work/moves.py" <<'PY'
import json, sys
BY = {"stroke": "instrument", "tip_pick_up": "instrument", "tip_drop": "instrument", "stored": "instrument",
      "retrieved": "instrument", "plate_moved": "by"}
def moves(path):
    out = {}
    for line in open(path):
        e = json.loads(line)
        if e["event"] == "violation":
            sys.exit(f"physically impossible: {line}")
        if e["event"] in BY:
            who = e[BY[e["event"]]]
            out.setdefault(who, []).append(json.dumps({k: v for k, v in e.items() if k not in ("t_us", "seq")}))
    return out
a, how, b = sys.argv[1:]
a, b = moves(a), moves(b)
for who in set(a) | set(b):
    one, other = a.get(who, []), b.get(who, [])
    if how == "halted" and len(one) <= len(other):
        one = one[:-1]
    if how != "same":
        other = other[:len(one)]
    if one != other:
        sys.exit(f"{who} made {len(one)} moves, not the {len(other)} that it should have")
PY
# The journal of a run that was ended by the safe path: nothing open, ended as failed.
cat >"$work/ended.py" <<'PY'
import json, sys
open_, ended = set(), None
for line in sys.stdin:
    e = json.loads(line)["record"]
    kind = e.get("event")
    if kind == "intended" and "instrument" in json.dumps(e.get("actor")):
        open_.add(e["action"])
    elif kind in ("ended", "not_done"):
        open_.discard(e["action"])
    elif kind == "run_ended":
        ended = e["ending"]
if open_ or not isinstance(ended, dict) or "failed" not in ended:
    sys.exit(f"open: {open_}, ending: {ended}")
PY
moves() { python3 "$work/moves.py" "$@"; }
still() { # nothing moves any more
  local before
  before=$(wc -l <"$rig/ledger.jsonl")
  sleep 0.5
  [ "$before" = "$(wc -l <"$rig/ledger.jsonl")" ]
}
panicked() { grep -q "panicked at" "$rig/host.log"; }

begin whole
drill env
whole=$work/whole/ledger.jsonl
[ -s "$work/whole/run/report.html" ] && verdict "undisturbed drill" yes || verdict "undisturbed drill" no
length=$(stat -c %s "$work/whole/run/journal.plj")
end

# A disk without room for the reserve: refused before anything moves.
small_disk() { # SIZE: mounts one at $disk
  disk=$work/disk-$1
  mkdir -p "$disk"
  mount -t tmpfs -o "size=$1" tmpfs "$disk" 2>/dev/null || return 1
  mounted+=("$disk")
}
if small_disk 64k; then
  begin refused
  out=$disk/run drill env
  code=$?
  [ $code -eq 1 ] && grep -q "disk of .* is full" "$rig/host.log" && ! grep -q '"stroke"\|"tip_pick_up"' "$rig/ledger.jsonl" \
    && ! panicked && verdict "a disk of 64 KiB takes no run" yes || verdict "a disk of 64 KiB takes no run" no
  end
  # One that fills up in the middle: the run is ended by the safe path, in the space kept for it. Every action has its outcome,
  # nothing moves any more, nobody is left in a shared zone; with room again the run's files are written.
  for part in 60 75 85; do
    size=$(((length * part / 100 + 65536 + 20480) / 4096 * 4096))
    if small_disk $size; then
      begin "full-$part"
      out=$disk/run drill env
      code=$?
      ok=no
      if [ $code -eq 1 ] && grep -q "disk of .* is full" "$rig/host.log" && still \
        && "$plated" replay "$disk/run" --verify >/dev/null \
        && "$plated" replay "$disk/run" --json | python3 "$work/ended.py" && ! grep -q '"event":"violation"' "$rig/ledger.jsonl"; then
        before=$(wc -l <"$rig/ledger.jsonl")
        mount -o remount,size=8m "$disk"
        out=$disk/run resume
        [ "$before" = "$(wc -l <"$rig/ledger.jsonl")" ] && [ -s "$disk/run/report.html" ] && ! panicked && ok=yes
      fi
      verdict "a disk that is full at $part % of the run: ended by the safe path" $ok
      end
    fi
  done
else
  skip "full disks: no small file system can be mounted here"
fi

# A disk that fails: the rig is halted, and nothing moves after it.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
  for fault in fdatasync:12 fdatasync:40 write:60; do
    call=${fault%:*} n=${fault#*:}
    begin "eio-$fault"
    # Only the journal's own thread; the anchors are on another.
    drill strace -f -qq -o /dev/null -P "$rig/run/journal.plj" -e "inject=$call:error=EIO:when=$n+"
    code=$?
    [ $code -eq 1 ] && grep -q "nothing moves without a durable record" "$rig/host.log" && still \
      && moves "$rig/ledger.jsonl" halted "$whole" && ! panicked && verdict "EIO from $call number $n" yes \
      || verdict "EIO from $call number $n" no
    end
  done
  # A disk that is slow is no reason for anything but waiting.
  begin slow
  drill strace -f -qq -o /dev/null -P "$rig/run/journal.plj" -e "inject=fdatasync:delay_enter=2000000:when=30..32"
  code=$?
  [ $code -eq 0 ] && moves "$rig/ledger.jsonl" same "$whole" && verdict "three syncs of two seconds each" yes \
    || verdict "three syncs of two seconds each" no
  end
else
  skip "failing and slow disks: no strace here, or it may not trace"
fi

# No file handles left: it ends with a message or gets to the end, and nothing moves without a record.
for handles in 9 11 13 15 17; do
  begin "handles-$handles"
  drill prlimit --nofile=$handles
  code=$?
  ok=no
  if [ $code -eq 0 ]; then
    moves "$rig/ledger.jsonl" same "$whole" && ok=yes
  elif [ $code -eq 1 ] || [ $code -eq 2 ] && [ -s "$rig/host.log" ]; then
    moves "$rig/ledger.jsonl" within "$whole" && ok=yes
  fi
  panicked && ok=no
  verdict "$handles file handles (ended with $code)" $ok
  end
done

# No memory left, from a moment on: it dies of it or needs no more; whoever takes the run up again does nothing twice.
if command -v prlimit >/dev/null; then
  for moment in 0.4 0.8 1.2; do
    begin "memory-$moment"
    drill env &
    host=$!
    sleep $moment
    child=$(pgrep -f -- "--rig $rig/rig.toml --out" | tail -1)
    prlimit --pid "$child" --as=1048576 2>/dev/null
    wait "$host"
    code=$?
    ok=no
    [ $code -eq 0 ] || resume || code="$code, then $?"
    moves "$rig/ledger.jsonl" same "$whole" && [ -s "$rig/run/report.html" ] && ! panicked && ok=yes
    verdict "no memory after $moment s (ended with $code)" $ok
    end
  done
else
  skip "no memory: no prlimit here"
fi

# A host that is suspended: its instruments go on; the run goes on to the same ledger.
begin suspended
drill env &
host=$!
sleep 0.7
# The last of that command line is the program itself; before it stands what bounds its time.
child=$(pgrep -f -- "--rig $rig/rig.toml --out" | tail -1)
for pause in 1 5; do
  kill -STOP "$child" 2>/dev/null
  sleep $pause
  kill -CONT "$child" 2>/dev/null
  sleep 0.3
done
wait "$host"
code=$?
[ $code -eq 0 ] && moves "$rig/ledger.jsonl" same "$whole" && ! panicked \
  && "$plated" replay "$rig/run" --json | grep -q '"what":"gap"' && verdict "suspended for 10 and 50 minutes of its time" yes \
  || verdict "suspended for 10 and 50 minutes of its time" no
end

echo "hosts: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
