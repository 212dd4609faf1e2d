"""pymodbus's own client against the twins of the instruments with register maps: usage: pymodbus_maps.py RIG CONFIG

RIG is a rig file as `plated sim --write` leaves it, CONFIG the folder beside which its profiles are found. Of each instrument with a
Modbus profile every register is read by itself and judged by its type and bounds; an address and a unit that are not there are
refused or met with silence; regulators are given a set-point by the steps of their profile, and must go there; the plate mover and the
drives of the gantry move. The bytes are pymodbus's, the registers those of the makers' manuals.
"""
import math
import pathlib
import struct
import sys
import time
import tomllib

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException

SIZES = {"u16": 1, "i16": 1, "bool": 1, "u32": 2, "i32": 2, "f32": 2}
FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
# Set-points that are worth a try, by the quantity's name; else the middle of what the rig file allows.
rig = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())
config = pathlib.Path(sys.argv[2])
clients = {}
failed = 0


def check(name, right, seen=""):
    global failed
    failed += not right
    if not right:
        print("FAIL", name, seen)
    return right


def client_of(link):
    place = link.get("tcp") or link["serial"]
    if place not in clients:
        if "tcp" in link:
            host, port = place.rsplit(":", 1)
            client = ModbusTcpClient(host, port=int(port), timeout=2, retries=2)
        else:
            # A pseudo-terminal drops parity, and asking for it a second time is an error.
            client = ModbusSerialClient(place, framer=FramerType.RTU, baudrate=link["baud"], timeout=1, retries=2)
        check(f"connects to {place}", client.connect())
        clients[place] = client
    return clients[place]


class Device:
    def __init__(self, name, link, profile, unit=None):
        self.name, self.profile = name, profile
        self.tcp = "tcp" in link
        self.client = client_of(link)
        self.unit = {"device_id": unit if unit is not None else link.get("unit", 1)}
        self.order = profile.get("profile", {}).get("word_order", "ABCD")
        # Some makers count registers from 1.
        self.base = profile.get("profile", {}).get("base", 0)

    def words(self, register):
        return SIZES[register["type"]] * register.get("count", 1)

    def raw(self, register):
        table, address, count = register["table"], register["address"] - self.base, self.words(register)
        reads = {
            "holding": self.client.read_holding_registers, "input": self.client.read_input_registers,
            "coil": self.client.read_coils, "discrete": self.client.read_discrete_inputs,
        }
        parts = []
        # As many as one request may carry.
        for start in range(0, count, 120):
            answer = reads[table](address + start, count=min(120, count - start), **self.unit)
            if answer.isError():
                return answer
            parts += answer.registers if table in ("holding", "input") else answer.bits[: count - start]
        return parts

    def numbers(self, words, register):
        kind = register["type"]
        if kind == "bool":
            return [float(w) for w in words]
        size, numbers = SIZES[kind], []
        for at in range(0, len(words), size):
            pair = list(words[at : at + size])
            if size == 2 and self.order in ("CDAB", "DCBA"):
                pair.reverse()
            if size == 2 and self.order in ("BADC", "DCBA"):
                pair = [(w >> 8) | (w & 255) << 8 for w in pair]
            number = struct.unpack(FORMATS[kind], b"".join(w.to_bytes(2, "big") for w in pair))[0]
            numbers.append(number * register.get("scale", 1) if kind != "f32" else number)
        return numbers

    def read(self, name):
        register = self.profile["registers"][name]
        words = self.raw(register)
        return self.numbers(words, register)[0] if isinstance(words, list) else words

    def write(self, name, value):
        register = self.profile["registers"][name]
        value = register.get("values", {}).get(value, value)
        kind, address = register["type"], register["address"] - self.base
        if register["table"] == "coil":
            return self.client.write_coil(address, bool(value), **self.unit)
        if kind == "f32":
            packed = struct.pack(">f", value)
        else:
            packed = struct.pack(FORMATS[kind], round(value / register.get("scale", 1)))
        words = [int.from_bytes(packed[i : i + 2], "big") for i in range(0, len(packed), 2)]
        if len(words) == 2 and self.order in ("CDAB", "DCBA"):
            words.reverse()
        if len(words) == 1:
            return self.client.write_register(address, words[0], **self.unit)
        return self.client.write_registers(address, words, **self.unit)

    def holds(self, step, name, value):
        """Whether a condition of a profile is so."""
        read = self.read(name)
        if not isinstance(read, float | int):
            return False
        register = self.profile["registers"][name]
        wanted = step.get("is", step.get("is_not"))
        if "near" in step:
            return abs(read - value) <= step["within"] + 1e-9
        bits = register.get("bits", {})
        so = bool(int(read) >> bits[wanted] & 1) if wanted in bits else read == register.get("values", {}).get(wanted, wanted)
        return so if "is" in step else not so

    def take(self, steps, value):
        """Takes the steps of a profile's command or set-point."""
        for step in steps:
            if "write" in step:
                answer = self.write(step["write"], step.get("value", value))
                if not check(f"{self.name}: writes {step['write']}", not answer.isError(), answer):
                    return False
            else:
                name = step.get("wait") or step["expect"]
                until = time.monotonic() + (20 if "wait" in step else 0)
                while not (so := self.holds(step, name, value)) and time.monotonic() < until:
                    time.sleep(0.05)
                if not check(f"{self.name}: {step}", so, self.read(name)):
                    return False
        return True

    def maps(self):
        """Every register by itself, and what is not there."""
        for name, register in self.profile["registers"].items():
            words = self.raw(register)
            if not check(f"{self.name}: reads {name}", isinstance(words, list), words):
                continue
            numbers = self.numbers(words, register)
            low, high = register.get("min", -math.inf), register.get("max", math.inf)
            allowed = set(register.get("values", {}).values())
            # What nobody has written yet may be 0, whatever is allowed.
            right = all(n == 0 or low - 0.01 <= n <= high + 0.01 or math.isnan(n) for n in numbers)
            named = not allowed or register["table"] == "holding" or all(n in allowed for n in numbers)
            check(f"{self.name}: {name} within its bounds", right and named, numbers[:4])
        answer = self.client.read_holding_registers(60000, count=1, **self.unit)
        check(f"{self.name}: an address that is not there", answer.isError() and answer.exception_code == 2, answer)
        answer = self.client.read_exception_status(**self.unit)
        check(f"{self.name}: a function that it has not", answer.isError() and answer.exception_code == 1, answer)

    def nobody(self):
        """A unit that nobody has: silence on a serial line, the gateway's exception over TCP."""
        try:
            answer = self.client.read_holding_registers(0, count=1, device_id=77)
            check(f"{self.name}: unit 77", self.tcp and answer.isError() and answer.exception_code in (10, 11), answer)
        except ModbusException as error:
            check(f"{self.name}: unit 77 is silent", not self.tcp, error)
        self.client.connect()


def regulate(device, entry):
    """Every set-point that the rig allows, to the middle of its bounds, by the profile's steps."""
    for command in ("initialise",):
        steps = device.profile.get("commands", {}).get(command, {}).get("steps")
        if steps:
            device.take(steps, None)
    for name, quantity in device.profile.get("quantities", {}).items():
        point = entry.get("set_points", {}).get(name)
        steps = quantity.get("set") or (quantity.get("writable") and [{"write": quantity["set_point"]}])
        if not point or not steps or name == "mode":
            continue
        low, high = (float(str(b).split()[0]) for b in point["bounds"])
        unit = str(point["bounds"][0]).split()[-1]
        register = device.profile["registers"][quantity["set_point"]]
        before = device.read(quantity["set_point"])
        # A tenth of the way, so that whoever is limited in how fast it may go is not asked for more.
        value = before + (high - before) / 10 if isinstance(before, float) and before <= high else (low + high) / 2
        value = round(value / register.get("scale", 0.1)) * register.get("scale", 0.1)
        if register.get("unit") != unit and not str(point["bounds"][0]).replace(".", "").isdigit():
            print(f"  {device.name}: {name} is in {register.get('unit')} there and in {unit} here; left out")
            continue
        if device.take(steps, value):
            read = device.read(quantity["set_point"])
            near = isinstance(read, float | int) and abs(read - value) <= max(0.02, register.get("scale", 0))
            check(f"{device.name}: {name} stays at {value}", near, read)
            print(f"  {device.name}: {name} {before} -> {read}")


def handshake(device, code, arguments=()):
    """A command of the plate mover; its result."""
    for name, value in arguments:
        device.write(name, value)
    sequence = int(device.read("accepted_sequence")) % 65535 + 1
    answer = device.client.write_registers(10, [code, sequence], **device.unit)
    check(f"{device.name}: command {code} is taken", not answer.isError(), answer)
    until = time.monotonic() + 30
    while time.monotonic() < until and device.read("completed_sequence") != sequence:
        time.sleep(0.05)
    check(f"{device.name}: command {code} ends", device.read("completed_sequence") == sequence)
    return device.read("result_code")


def drive(device, far):
    """A drive of the gantry: home, then an absolute motion by direct data in one request, as its manual has it."""
    status = lambda: device.client.read_holding_registers(126, count=2, **device.unit).registers[1]
    place = lambda: struct.unpack(">i", struct.pack(">HH", *device.client.read_holding_registers(204, count=2, **device.unit).registers))[0]

    def until(name, so):
        end = time.monotonic() + 30
        while not so() and time.monotonic() < end:
            time.sleep(0.02)
        check(f"{device.name}: {name}", so(), (hex(status()), place()))

    for word in (0, 128, 0, 16, 0):
        check(f"{device.name}: input {word}", not device.client.write_register(125, word, **device.unit).isError())
    until("is home", lambda: status() & 0x30 == 0x30 and not status() & 0x2000)
    numbers = (0, 1, far, 5000, 500000, 500000, 1000, 1)
    words = [w for n in numbers for w in struct.unpack(">HH", struct.pack(">i", n))]
    check(f"{device.name}: direct data", not device.client.write_registers(88, words, **device.unit).isError())
    until(f"stands at {far}", lambda: place() == far and not status() & 0x2000)
    check(f"{device.name}: no alarm", not status() & 0x80)
    device.client.write_registers(88, words[:4] + [0, 0] + words[6:], **device.unit)
    until("and back", lambda: place() == 0)


seen, asked = 0, []
for name, entry in rig["instruments"].items():
    link = entry["link"]
    if entry.get("kind") == "gantry":
        for axis, spec in entry["axes"].items():
            device = Device(f"{name}, {axis}", link, {}, unit=spec["unit"])
            drive(device, 400)
            seen += 1
        continue
    if "profile" not in entry:
        continue
    profile = tomllib.loads((config / entry["profile"]).read_text())
    if profile["profile"]["kind"] != "modbus":
        continue
    seen += 1
    print(f"== {name}: {profile['profile']['name']}")
    device = Device(name, link, profile)
    device.maps()
    if device.client not in asked:
        asked.append(device.client)
        device.nobody()
    if profile["profile"]["role"] == "regulator":
        regulate(device, entry)
    if profile["profile"]["role"] == "plate_mover":
        check(f"{name}: it homes", handshake(device, 1) == 0, device.read("result_code"))
        check(f"{name}: no such station", handshake(device, 2, (("from_station", 98), ("to_station", 99))) != 0)
print(f"{seen} register maps, {failed} failed")
sys.exit(failed != 0 or seen == 0)
