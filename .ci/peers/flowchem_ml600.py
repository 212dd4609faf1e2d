"""flowchem's own driver of the Hamilton Microlab 600 against our twin. usage: flowchem_ml600.py LINKS"""
import asyncio
import logging
import pathlib
import sys

from flowchem import ureg
from flowchem.devices.hamilton.ml600 import ML600
from loguru import logger

LINKS = pathlib.Path(sys.argv[1])


async def volume(pump):
    return (await pump.get_current_volume()).m_as("ml")


async def main():
    pump = ML600.from_config(port=str(LINKS / "ml600"), name="pump", syringe_volume="1 ml")
    await pump.initialize()
    assert pump.device_info.version == "NV01.02.B", pump.device_info.version
    assert not pump.dual_syringe
    await pump.pump_io.all_hw_init()
    await asyncio.sleep(0.3)
    await pump.wait_until_idle()
    # Half a syringe in 20 s, which is one of ours.
    await pump.set_to_volume(ureg("0.5 ml"), ureg("1.5 ml/min"))
    assert await pump.get_pump_status()
    await asyncio.sleep(0.5)
    half_way = await volume(pump)
    assert 0.1 < half_way < 0.45, half_way
    await pump.wait_until_idle()
    assert await volume(pump) == 0.5
    await pump.set_valve_angle(90)
    assert await pump.get_valve_angle() == 90
    await pump.set_to_volume(ureg("0 ml"), ureg("1.5 ml/min"))
    await asyncio.sleep(0.3)
    await pump.stop()
    stopped = await volume(pump)
    assert 0.05 < stopped < 0.48, stopped
    await asyncio.sleep(0.3)
    assert await volume(pump) == stopped
    await pump.general_status_info()
    print("ml600: PASS")


logging.disable(logging.CRITICAL)
logger.remove()
asyncio.run(asyncio.wait_for(main(), 50))
