#!/usr/bin/env bash
# modbus-rate.sh: Modbus round trips a second and processor time for each, this project's client beside libmodbus's own, one after
# the other against the same libmodbus server on TCP loopback and on a pty pair, no silence between frames. Three rounds, the best
# of each counts; fails where ours is slower. The processor time is what a round trip costs the client's process.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! [ -e /usr/include/modbus/modbus.h ] && [ "$(id -u)" = 0 ]; then
  apt-get install -y -q libmodbus-dev >/dev/null 2>&1 || true
fi
if ! [ -e /usr/include/modbus/modbus.h ] || ! command -v gcc python3 >/dev/null; then
  echo "modbus-rate: SKIPPED, libmodbus (libmodbus-dev), gcc or python3 cannot be had here" >&2
  exit 0
fi
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
gcc -O2 -I/usr/include/modbus .ci/peers/libmodbus_rate.c -lmodbus -o "$work/libmodbus_rate"
cargo build --release -q --example modbus_rate
ours=$target/release/examples/modbus_rate theirs=$work/libmodbus_rate
count=${COUNT:-20000}

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$theirs" serve-tcp "$port" >"$work/tcp" &
started+=($!)
python3 .ci/peers/pty_bridge.py pair "$work/a" "$work/b" >"$work/pair" &
started+=($!)
for _ in $(seq 100); do [ -s "$work/pair" ] && [ -s "$work/tcp" ] && break; sleep 0.1; done
"$theirs" serve-rtu "$work/b" >"$work/rtu" &
started+=($!)
for _ in $(seq 100); do [ -s "$work/rtu" ] && break; sleep 0.1; done

best() { sort -rn "$1" | head -1; }
for _ in 1 2 3; do
  timeout 120 "$ours" tcp "127.0.0.1:$port" "$count" >>"$work/ours-tcp"
  timeout 120 "$theirs" tcp 127.0.0.1 "$port" "$count" >>"$work/theirs-tcp"
  timeout 120 "$ours" rtu "$work/a" "$count" >>"$work/ours-rtu"
  timeout 120 "$theirs" rtu "$work/a" "$count" >>"$work/theirs-rtu"
done
status=0
for kind in tcp rtu; do
  read -r our_rate our_cpu < <(best "$work/ours-$kind")
  read -r their_rate their_cpu < <(best "$work/theirs-$kind")
  echo "modbus-rate $kind: ours $our_rate/s, $our_cpu us of processor each; libmodbus $their_rate/s, $their_cpu us"
  [ "$our_rate" -ge "$their_rate" ] || { echo "modbus-rate: FAILED, slower than libmodbus on $kind"; status=1; }
done
exit $status
