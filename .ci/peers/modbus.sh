# Modbus with programs by others, on TCP and on RTU over ptys, both ways: pymodbus, libmodbus, and a line that fails between.
# Sourced by run.sh, whose functions and variables it uses.
peer=$target/debug/examples/peer_modbus
tools=${PLATED_TOOLS:-../shared/tools}
slaves=$target/debug/examples/register_server

cargo build --quiet -p hardware-sim --example register_server

# pymodbus as server. Its 3.16.1 has two faults of its own: a unit that is not there breaks it (KeyError 0; who connects later is
# not answered), and of two requests in one segment it may answer one alone; so it is asked one after another, by one client.
port=$(free_port)
start modbus-tcp "$python" "$peers/pymodbus_server.py" tcp "$port"
wait_for "$port" "pymodbus"
prove "Modbus client against pymodbus, TCP" "$peer" tcp "127.0.0.1:$port" 1

start pair "$python" "$peers/pty_bridge.py" pair "$work/a" "$work/b"
wait_for "$work/b" "the pty pair"
start modbus-rtu "$python" "$peers/pymodbus_server.py" rtu "$work/b" 19200
sleep 1.5
prove "Modbus client against pymodbus, RTU on a serial port" "$peer" rtu "$work/a" 19200 1

# The simulator as server: two units behind one address, two on one serial line.
start slaves "$slaves"
for _ in $(seq 100); do [ "$(wc -l <"$work/slaves.log")" -ge 2 ] && break; sleep 0.1; done
slaves_tcp=$(sed -n 's/^tcp //p' "$work/slaves.log")
slaves_rtu=$(sed -n 's/^rtu //p' "$work/slaves.log")
prove "pymodbus's client against the simulator, TCP" "$python" "$peers/pymodbus_client.py" tcp "${slaves_tcp%:*}" "${slaves_tcp##*:}"
prove "pymodbus's client against the simulator, RTU" "$python" "$peers/pymodbus_client.py" rtu "$slaves_rtu" 115200
prove "Modbus client against the simulator, several on their way" "$peer" tcp "$slaves_tcp" 1 several
start echoing "$slaves" echo
for _ in $(seq 100); do [ "$(wc -l <"$work/echoing.log")" -ge 2 ] && break; sleep 0.1; done
prove "Modbus client against the simulator, a line with echo" "$peer" rtu "$(sed -n 's/^rtu //p' "$work/echoing.log")" 115200 1 echo

if ! [ -e /usr/include/modbus/modbus.h ] && [ "$(id -u)" = 0 ]; then
    apt-get install -y -q libmodbus-dev >"$cache/apt.log" 2>&1 || true
fi
if ! [ -e /usr/include/modbus/modbus.h ] || ! command -v gcc >/dev/null; then
    echo "SKIPPED: libmodbus as peer, its headers (libmodbus-dev) or gcc cannot be had here"
elif ! [ -e "$tools/mbtest_server.c" ]; then
    echo "SKIPPED: libmodbus as peer, $tools is not there"
else
    for name in client server; do
        gcc -w -O2 -I/usr/include/modbus "$tools/mbtest_$name.c" -lmodbus -o "$work/mbtest_$name"
    done
    prove "libmodbus's client against the simulator, TCP" "$work/mbtest_client" tcp "${slaves_tcp%:*}" "${slaves_tcp##*:}" 2
    prove "libmodbus's client against the simulator, RTU" "$work/mbtest_client" rtu "$slaves_rtu" 115200 2

    port=$(free_port)
    start lm-tcp "$work/mbtest_server" tcp 127.0.0.1 "$port"
    wait_for "$port" "libmodbus"
    prove "Modbus client against libmodbus, TCP" "$peer" tcp "127.0.0.1:$port" 1 plain
    prove "Modbus client against libmodbus, TCP, several on their way" "$peer" tcp "127.0.0.1:$port" 1 plain several
    start lm-pair "$python" "$peers/pty_bridge.py" pair "$work/c" "$work/d"
    wait_for "$work/d" "the pty pair"
    start lm-rtu "$work/mbtest_server" rtu "$work/d" 19200 1
    sleep 0.5
    prove "Modbus client against libmodbus, RTU" "$peer" rtu "$work/c" 19200 1 plain

    # libmodbus' own unit-test-server, whose answers are wrong, late, in pieces or of another where it is asked for them. Its port and
    # path stand in its source; Debian ships that beside the library.
    source_of=$cache/libmodbus-source
    if ! [ -x "$source_of/server" ]; then
        rm -rf "$source_of" && mkdir -p "$source_of/lists/partial"
        sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$source_of/src.sources" 2>/dev/null || true
        own=(-q -o "Dir::Etc::sourcelist=$PWD/$source_of/src.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/$source_of/lists")
        (cd "$source_of" && timeout 90 apt-get "${own[@]}" update && timeout 60 apt-get "${own[@]}" source --download-only libmodbus) \
            >"$cache/libmodbus-source.log" 2>&1 || true
        if ls "$source_of"/*.orig.tar.gz >/dev/null 2>&1; then
            (
                cd "$source_of"
                tar xf ./*.orig.tar.gz --strip-components=1
                tar xf ./*.debian.tar.xz
                grep -v '^ *\(#\|$\)' debian/patches/series | while read -r patch; do patch -s -p1 <"debian/patches/$patch"; done
                cp tests/unit-test.h.in tests/unit-test.h
                sed -e 's/"127.0.0.1", 1502/"127.0.0.1", atoi(getenv("PORT"))/' -e 's/"\/dev\/ttyUSB0"/getenv("LINE")/' \
                    tests/unit-test-server.c >tests/server.c
                gcc -w -O2 -Itests -I/usr/include/modbus tests/server.c -lmodbus -o server
            ) >>"$cache/libmodbus-source.log" 2>&1 || true
        fi
    fi
    if ! [ -x "$source_of/server" ]; then
        echo "SKIPPED: libmodbus' unit-test-server, its source cannot be had here (see $cache/libmodbus-source.log)"
    else
        port=$(free_port)
        PORT=$port start lm-unit-tcp "$source_of/server" tcp
        # It serves one connection alone, which may not be spent on trying whether it is there. What it answers byte by byte it answers as
        # unit 255, whoever was asked: so it is asked as that.
        sleep 1
        prove "Modbus client against the faults of libmodbus' unit-test-server, TCP" "$peer" tcp "127.0.0.1:$port" 255 faults
        start unit-pair "$python" "$peers/pty_bridge.py" pair "$work/k" "$work/l"
        wait_for "$work/l" "the pty pair"
        LINE=$work/l start lm-unit-rtu "$source_of/server" rtu
        sleep 1
        prove "Modbus client against the faults of libmodbus' unit-test-server, RTU" "$peer" rtu "$work/k" 115200 17 faults
    fi

    # A server that takes its time and leaves every seventh request unanswered.
    start slow-pair "$python" "$peers/pty_bridge.py" pair "$work/e" "$work/f"
    wait_for "$work/f" "the pty pair"
    REPLY_DELAY_MS=60 DROP_EVERY=7 start slow-rtu "$work/mbtest_server" rtu "$work/f" 19200 1
    sleep 0.5
    prove "Modbus client against a libmodbus server that drops and delays" "$peer" rtu "$work/e" 19200 1 rough
    # And lines that flip, drop, add and delay bytes.
    n=0
    for fault in "--p-flip 0.1" "--p-drop-rep 0.1 --p-noise 0.2" "--p-late 0.1 --late-ms 700" "--p-dup-rep 0.2 --split-ms 3"; do
        n=$((n + 1))
        start "rough-pair-$n" "$python" "$peers/pty_bridge.py" pair "$work/g$n" "$work/h$n"
        wait_for "$work/h$n" "the pty pair"
        start "rough-rtu-$n" "$work/mbtest_server" rtu "$work/h$n" 19200 1
        # shellcheck disable=SC2086
        start "faultlink-$n" "$python" "$tools/faultlink.py" --ctrl "$work/i$n" --dev "$work/g$n" --seed "$n" $fault
        wait_for "$work/i$n" "the fault injector"
        sleep 0.5
        prove "Modbus client over a line with $fault" "$peer" rtu "$work/i$n" 19200 1 rough
    done
fi
