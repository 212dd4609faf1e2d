"""pymodbus's own client against the simulator's registers: every function, every refusal, two units, one that is not there.

usage: pymodbus_client.py tcp HOST PORT | rtu PATH BAUD
"""
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException

if sys.argv[1] == "tcp":
    client = ModbusTcpClient(sys.argv[2], port=int(sys.argv[3]), timeout=1, retries=0)
else:
    client = ModbusSerialClient(sys.argv[2], framer=FramerType.RTU, baudrate=int(sys.argv[3]), timeout=1, retries=0)
failed = 0


def check(name, right, seen=""):
    global failed
    failed += not right
    print("PASS" if right else "FAIL", name, "" if right else seen)


def refused(answer, code):
    return answer.isError() and answer.exception_code == code


check("connects", client.connect())
for unit in (1, 2):
    own = {"device_id": unit}
    client.write_register(3, 0x0012, **own)
    check("6 and 3", client.read_holding_registers(3, count=1, **own).registers == [0x12])
    answer = client.mask_write_register(address=3, and_mask=0x00F2, or_mask=0x0025, **own)
    check("22", not answer.isError() and client.read_holding_registers(3, count=1, **own).registers == [0x17], answer)
    client.write_registers(10, [1, 2, 65535], **own)
    check("16", client.read_holding_registers(9, count=5, **own).registers == [0, 1, 2, 65535, 0])
    answer = client.readwrite_registers(read_address=10, read_count=3, write_address=11, values=[unit], **own)
    check("23", answer.registers == [1, unit, 65535], answer)
    client.write_coil(5, True, **own)
    client.write_coils(6, [True, False, True], **own)
    check("5, 15 and 1", client.read_coils(5, count=4, **own).bits[:4] == [True, True, False, True])
    check("2", client.read_discrete_inputs(0, count=9, **own).bits[:9] == [False] * 9)
    check("4", client.read_input_registers(0, count=2, **own).registers == [7, 7])
    check("125 registers", len(client.read_holding_registers(0, count=125, **own).registers) == 125)
    who = client.read_device_information(read_code=1, object_id=0, **own)
    check("43/14", who.information.get(2) == str(unit).encode(), who)
    answer = client.diag_query_data(b"\x12\x34", **own)
    check("8", not answer.isError(), answer)
    check("2: no such address", refused(client.read_holding_registers(60000, count=1, **own), 2))
check("each unit keeps its own", [client.read_holding_registers(11, count=1, device_id=u).registers for u in (1, 2)] == [[1], [2]])
try:
    answer = client.read_holding_registers(0, count=1, device_id=77)
    check("a unit that is not there: gateway exception 11", sys.argv[1] == "tcp" and refused(answer, 11), answer)
except ModbusException as error:
    check("a unit that is not there: silence", sys.argv[1] == "rtu", error)
client.connect()
check("and the others still answer", not client.read_holding_registers(0, count=1, device_id=1).isError())
print(failed, "failed")
sys.exit(failed != 0)
