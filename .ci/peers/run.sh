#!/usr/bin/env bash
# Proofs with programs by others: the maker's own emulators of the OT-2 motor controller and of its modules, pymodbus and libmodbus
# (modbus.sh), labmcp-cavro's simulator and driver of Cavro pumps, and the drivers of Opentrons, PyLabRobot and flowchem against our
# twins of their instruments.
# Sets up its own Python environment (cached). Where packages cannot be fetched it says SKIPPED and exits 0.
# Nothing here listens beyond 127.0.0.1. `run.sh modbus`: those of modbus.sh alone; `run.sh all`: also PyLabRobot and flowchem, which
# take minutes (.ci/long peers).
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=.ci/peers
cache=${PLATED_CI_CACHE:-target/ci}
venv=$cache/venv-opentrons-10.1.0-pymodbus-3.16.1
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
started=()

finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT

skip() {
    echo "SKIPPED: $1"
    exit 0
}

if [ ! -e "$venv/ready" ]; then
    command -v python3 >/dev/null || skip "no python3 on this machine"
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" || skip "python3 has no venv module"
    if ! timeout 150 "$venv/bin/pip" install --quiet --disable-pip-version-check \
        opentrons==10.1.0 pymodbus==3.16.1 pyserial >"$cache/pip.log" 2>&1; then
        tail -n 5 "$cache/pip.log"
        # Only an unreachable index excuses; an installation that went wrong is a failure.
        if [ ! -s "$cache/pip.log" ] || grep -qiE 'retrying|connection|timed out|resolution|from versions: none' "$cache/pip.log"; then
            skip "pip cannot reach opentrons and pymodbus (see $cache/pip.log)"
        fi
        echo "FAILED: pip could not install opentrons and pymodbus (see $cache/pip.log)"
        exit 1
    fi
    touch "$venv/ready"
fi
python=$venv/bin/python

cargo build --quiet --bin plated --example peer_ot2 --example peer_modbus --example peer_modules --example peer_cavro

# An environment of its own for a peer, cached: fetch NAME PACKAGES…
fetch() {
    local name=$1
    shift
    venv=$cache/venv-$name
    [ -e "$venv/ready" ] && return
    rm -rf "$venv"
    python3 -m venv "$venv" || skip "python3 has no venv module"
    if ! timeout 200 "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" >"$cache/pip.log" 2>&1; then
        tail -n 5 "$cache/pip.log"
        if [ ! -s "$cache/pip.log" ] || grep -qiE 'retrying|connection|timed out|resolution|from versions: none' "$cache/pip.log"; then
            skip "pip cannot reach $name (see $cache/pip.log); the peers before it agree"
        fi
        echo "FAILED: pip could not install $name (see $cache/pip.log)"
        exit 1
    fi
    touch "$venv/ready"
}

# A port that is free now, on loopback.
free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts a program in the background, its output in a file.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    started+=($!)
}

# Waits until a TCP port answers or a file appears.
wait_for() {
    for _ in $(seq 300); do
        case $1 in
            /*) [ -e "$1" ] && return 0 ;;
            *) (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0 ;;
        esac
        sleep 0.1
    done
    echo "$2 did not start:"
    cat "$work"/*.log
    exit 1
}

prove() {
    local name=$1
    shift
    echo "== $name"
    if ! timeout "${patience:-60}" "$@"; then
        echo "FAILED: $name"
        for log in "$work"/*.log; do echo "-- $log"; tail -n 20 "$log"; done
        exit 1
    fi
}

smoothie() {
    OT_EMULATOR_smoothie="{\"host\":\"127.0.0.1\",\"port\":$1,\"left\":{\"model\":\"p300_multi_v2.1\",\"id\":\"P3HMV212026100101\"},\"right\":{\"model\":\"p20_single_v2.2\",\"id\":\"P20SV222026100102\"}}" \
        start "smoothie-$1" "$python" -m opentrons.hardware_control.emulation.scripts.run_smoothie
    wait_for "$1" "the emulator"
}

if [ "${1:-}" = modbus ]; then
    source "$peers/modbus.sh"
    exit 0
fi

port=$(free_port)
smoothie "$port"
prove "OT-2 driver against the maker's emulator, TCP" "$target/debug/examples/peer_ot2" config/demo-rig.toml "127.0.0.1:$port"

port=$(free_port)
smoothie "$port"
start bridge "$python" "$peers/pty_bridge.py" tcp "$work/smoothie" "127.0.0.1:$port"
wait_for "$work/smoothie" "the bridge"
prove "OT-2 driver against the maker's emulator, serial port" "$target/debug/examples/peer_ot2" config/demo-rig.toml "$work/smoothie"

# The maker's emulators of its modules; each has a port for its emulator and one for whoever drives it.
proxy() {
    echo "{\"host\":\"127.0.0.1\",\"emulator_port\":$(free_port),\"driver_port\":$1}"
}
cycler=$(free_port)
block=$(free_port)
shaker=$(free_port)
magnet=$(free_port)
OT_EMULATOR_thermocycler_proxy=$(proxy "$cycler") OT_EMULATOR_temperature_proxy=$(proxy "$block") \
    OT_EMULATOR_heatershaker_proxy=$(proxy "$shaker") OT_EMULATOR_magdeck_proxy=$(proxy "$magnet") \
    OT_EMULATOR_module_server="{\"host\":\"127.0.0.1\",\"port\":$(free_port)}" \
    start modules "$python" -m opentrons.hardware_control.emulation.scripts.run_app --m tempdeck --m thermocycler --m heatershaker --m magdeck
for port in "$cycler" "$block" "$shaker" "$magnet"; do wait_for "$port" "the emulators of the modules"; done
patience=300
prove "text profiles against the maker's emulators of its modules" "$target/debug/examples/peer_modules" config/bench.toml \
    "127.0.0.1:$cycler" "127.0.0.1:$block" "127.0.0.1:$shaker" "127.0.0.1:$magnet"
patience=60

source "$peers/modbus.sh"

start sim "$target/debug/plated" sim --rig config/demo-rig.toml --write "$work/rig.toml"
wait_for "$work/rig.toml" "plated sim"
reader=$("$python" -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb"))["instruments"]["reader"]["link"]["tcp"])' "$work/rig.toml")
prove "pymodbus's client reads the simulated reader" "$python" "$peers/pymodbus_reads_reader.py" "${reader%:*}" "${reader##*:}"

# The twins of text instruments, twenty times as fast as real.
twins=$work/twins
mkdir -p "$twins/links"
"$python" "$peers/twins_rig.py" "$twins"
cargo build --quiet --package hardware-sim --example serve
start serve "$target/debug/examples/serve" "$twins/rig.toml" "$twins/links" 20 to-seal=a4s sealed+seal=xpeel \
    PLATE0001=keyence a=spectramax b=spectramax-m5 liconic-plate=liconic heraeus-plate=heraeus \
    cytomat-plate=cytomat arm-plate=arm-1 w=balance
wait_for "$twins/links/addresses.json" "the twins"
patience=240
prove "Opentrons' module drivers against our twins" "$python" "$peers/opentrons_drivers.py" "$twins/links"

patience=60
# The instruments with register maps, of two rigs, as pymodbus sees them.
for rig in process-rig build; do
    start "maps-$rig" "$target/debug/plated" sim --rig "config/$rig.toml" --speed 20 --write "$work/maps-$rig.toml"
    wait_for "$work/maps-$rig.toml" "plated sim"
    prove "pymodbus's client against the register maps of $rig.toml" "$python" "$peers/pymodbus_maps.py" "$work/maps-$rig.toml" config
done

# It has an environment of its own, as its requirements and those of opentrons cannot both be met.
fetch labmcp-cavro-0.1.3 labmcp-cavro==0.1.3 pyserial
start cavro "$venv/bin/python" "$peers/cavro_simulator.py" "$work/cavro" 20
wait_for "$work/cavro" "labmcp-cavro's simulator"
prove "Cavro driver against labmcp-cavro's simulator" "$target/debug/examples/peer_cavro" config/probe-rig.toml "$work/cavro"
for model in xlp6000 xcalibur; do
    prove "labmcp-cavro's driver against our $model" "$venv/bin/python" "$peers/cavro_driver.py" "$model" "$twins/links/$model"
done
patience=240

if [ "${1:-}" != all ]; then
    echo "the peers of every commit agree; .ci/long peers has PyLabRobot's and flowchem's drivers besides"
    exit 0
fi

fetch pylabrobot-0.2.2 pylabrobot==0.2.2 pyserial
prove "PyLabRobot's drivers against our twins" "$venv/bin/python" "$peers/pylabrobot_drivers.py" "$twins/links"

fetch flowchem-1.1.6 flowchem==1.1.6
prove "flowchem's driver against our Microlab 600" "$venv/bin/python" "$peers/flowchem_ml600.py" "$twins/links"

echo "all peers agree"
