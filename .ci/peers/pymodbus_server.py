"""A Modbus server by pymodbus: two units with four tables of 64 each; input registers hold 7.

usage: pymodbus_server.py tcp PORT | rtu PATH BAUD
"""
import asyncio
import sys

from pymodbus import FramerType
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def unit(number):
    bits = lambda: [SimData(0, count=64, values=False, datatype=DataType.BITS)]
    words = lambda value: [SimData(0, count=64, values=value, datatype=DataType.REGISTERS)]
    return SimDevice(id=number, simdata=(bits(), bits(), words(0), words(7)))


async def main():
    units = [unit(1), unit(2)]
    if sys.argv[1] == "tcp":
        await StartAsyncTcpServer(units, address=("127.0.0.1", int(sys.argv[2])))
    else:
        await StartAsyncSerialServer(units, port=sys.argv[2], baudrate=int(sys.argv[3]), framer=FramerType.RTU)


asyncio.run(main())
