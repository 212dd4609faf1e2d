"""Opentrons' own module drivers against our twins. usage: opentrons_drivers.py LINKS [MODULE ...]"""
import asyncio
import logging
import pathlib
import sys
import time

LINKS = pathlib.Path(sys.argv[1])


def port(name):
    return str(LINKS / name)


def near(what, said, wanted, by):
    assert abs(said - wanted) <= by, f"{what}: {said!r}, not within {by} of {wanted!r}"


async def until(what, ask, wanted, seconds=20):
    end = time.time() + seconds
    while True:
        said = await ask()
        if wanted(said):
            return said
        assert time.time() < end, f"{what}: {said!r}"
        await asyncio.sleep(0.1)


async def tempdeck(loop):
    from opentrons.drivers.temp_deck import TempDeckDriver

    module = await TempDeckDriver.create(port("tempdeck"), loop)
    info = await module.get_device_info()
    assert info["model"] == "temp_deck_v1" and info["serial"] == "TDV0118052801", info
    await module.set_temperature(37)
    await until("37 C", module.get_temperature, lambda t: t.target == 37 and abs(t.current - 37) < 0.5)
    await module.deactivate()
    assert (await module.get_temperature()).target is None


async def magdeck(loop):
    from opentrons.drivers.mag_deck import MagDeckDriver

    module = await MagDeckDriver.create(port("magdeck"), loop)
    info = await module.get_device_info()
    assert info["model"] == "mag_deck_v20", info
    await module.home()
    near("home", await module.get_mag_position(), 0, 0.01)
    await module.move(10)
    near("moved", await module.get_mag_position(), 10, 0.01)
    await module.probe_plate()
    assert await module.get_plate_height() > 0


async def thermocycler(loop, name, generation):
    from opentrons.drivers.thermocycler.driver import ThermocyclerDriverFactory
    from opentrons.drivers.types import ThermocyclerLidStatus

    module = await ThermocyclerDriverFactory.create(port(name), loop)
    assert type(module).__name__ == generation, type(module).__name__
    await module.open_lid()
    assert await module.get_lid_status() == ThermocyclerLidStatus.OPEN
    await module.close_lid()
    assert await module.get_lid_status() == ThermocyclerLidStatus.CLOSED
    await module.set_lid_temperature(60)
    await module.set_plate_temperature(60, hold_time=40)
    said = await until("60 C", module.get_plate_temperature, lambda t: t.current == 60)
    assert said.target == 60 and 0 <= said.hold <= 40, said
    await until("the hold's end", module.get_plate_temperature, lambda t: t.hold == 0)
    await until("the lid's 60 C", module.get_lid_temperature, lambda t: abs(t.current - 60) < 0.5)
    await module.deactivate_all()
    assert (await module.get_plate_temperature()).target is None
    print("   ", await module.get_device_info())


async def thermocycler1(loop):
    await thermocycler(loop, "thermocycler1", "_BaseThermocyclerDriver")


async def thermocycler2(loop):
    await thermocycler(loop, "thermocycler2", "ThermocyclerDriverV2")


async def heatershaker(loop):
    from opentrons.drivers.heater_shaker.driver import HeaterShakerDriver
    from opentrons.drivers.types import HeaterShakerLabwareLatchStatus as Latch

    module = await HeaterShakerDriver.create(port("heatershaker"), loop)
    info = await module.get_device_info()
    assert info["serial"] == "TC2101010A2", info
    try:
        await module.set_rpm(500)
        raise AssertionError("it shook with its latch open")
    except Exception as error:
        assert "ERR126" in str(error), error
    await module.close_labware_latch()
    assert await module.get_labware_latch_status() == Latch.IDLE_CLOSED
    await module.set_rpm(500)
    await until("500 rpm", module.get_rpm, lambda rpm: rpm.target == 500 and rpm.current == 500)
    await module.home()
    await module.open_labware_latch()
    assert await module.get_labware_latch_status() == Latch.IDLE_OPEN
    await module.set_temperature(37)
    await until("37 C", module.get_temperature, lambda t: t.target == 37 and abs(t.current - 37) < 0.5)
    await module.deactivate_heater()


MODULES = [tempdeck, magdeck, thermocycler1, thermocycler2, heatershaker]


async def run(module):
    await asyncio.wait_for(module(asyncio.get_running_loop()), 60)


def main():
    logging.disable(logging.CRITICAL)
    wanted = sys.argv[2:]
    failed = 0
    for module in MODULES:
        if wanted and module.__name__ not in wanted:
            continue
        try:
            asyncio.run(run(module))
            print(f"{module.__name__}: PASS", flush=True)
        except Exception as error:
            failed += 1
            if wanted:
                raise
            print(f"{module.__name__}: FAIL {type(error).__name__}: {error}", flush=True)
    sys.exit(1 if failed else 0)


main()
