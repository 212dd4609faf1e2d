"""pymodbus's own client reads the absorbance reader of the demonstration rig (served simulated, or a real one).

usage: pymodbus_reads_reader.py HOST PORT [UNIT]
Reads model, serial, firmware, state, tray and the 96 values after config/profiles/absorbance-reader.toml; opens and
closes the tray by the command handshake. Exits non-zero when anything is not as the register map says.
"""
import math
import struct
import sys
import time

from pymodbus.client import ModbusTcpClient

host, port = sys.argv[1], int(sys.argv[2])
unit = int(sys.argv[3]) if len(sys.argv) > 3 else 1
client = ModbusTcpClient(host, port=port, timeout=2, retries=0)
failed = 0


def check(name, right, seen=""):
    global failed
    failed += not right
    print("PASS" if right else "FAIL", name, seen)


def inputs(address, count):
    answer = client.read_input_registers(address, count=count, device_id=unit)
    if answer.isError():
        raise SystemExit(f"FAIL reading {count} input registers at {address}: {answer}")
    return answer.registers


def command(code):
    """Gives a command by the handshake and waits for its end; returns its result."""
    accepted = inputs(13, 1)[0]
    sequence = accepted % 65535 + 1
    answer = client.write_registers(10, [code, sequence], device_id=unit)
    check(f"command {code} is taken", not answer.isError(), answer if answer.isError() else "")
    # The same sequence again starts nothing.
    client.write_registers(10, [code, sequence], device_id=unit)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        accepted, completed, result = inputs(13, 3)
        if accepted != sequence:
            break
        if completed == sequence:
            return result
        time.sleep(0.05)
    check(f"command {code} ends", False, inputs(13, 3))
    return None


check("connects", client.connect())
if failed:
    sys.exit(1)
model, high, low, firmware = inputs(0, 4)
check("model is 9600", model == 9600, model)
check("it has a serial number and a firmware", (high << 16 | low) > 0 and firmware > 0, (high << 16 | low, firmware))
state, alarms, tray = inputs(10, 3)
check("state, alarms and tray are known values", state in (0, 1, 2) and alarms < 8 and tray in (0, 1, 2), (state, alarms, tray))
for code, wanted in ((1, 1), (2, 0)):
    check("the tray command succeeds", command(code) == 0)
    check("the tray is where it was sent", inputs(12, 1)[0] == wanted, inputs(12, 1))
words = inputs(100, 120) + inputs(220, 72)
values = [struct.unpack(">f", struct.pack(">HH", words[i], words[i + 1]))[0] for i in range(0, 192, 2)]
sound = all(math.isnan(v) or -0.5 < v < 10 for v in values)
check("96 values are absorbances or out of range", len(values) == 96 and sound, values[:3])
answer = client.read_input_registers(60000, count=1, device_id=unit)
check("an address that is not there is refused", answer.isError() and answer.exception_code == 2, answer)
print(failed, "failed")
sys.exit(failed != 0)
