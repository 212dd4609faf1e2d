"""PyLabRobot's own drivers against our twins. usage: pylabrobot_drivers.py LINKS [DEVICE ...]

LINKS holds the links to the terminals and addresses.json, from `hardware-sim`'s example `serve`. Bugs of PyLabRobot 0.2.2
that are excused here are named where they are.
"""
import asyncio
import contextlib
import io
import json
import logging
import math
import pathlib
import sys
import time
import warnings

warnings.simplefilter("ignore")
LINKS = pathlib.Path(sys.argv[1])
ADDRESSES = json.loads((LINKS / "addresses.json").read_text())


def port(name):
    return str(LINKS / name)


def truth():
    """What is physically so, from the simulator itself."""
    import socket

    host, number = ADDRESSES["control"].split(":")
    with socket.create_connection((host, int(number))) as stream:
        stream.sendall(b'{"kind":"truth"}\n')
        return json.loads(stream.makefile().readline())["answer"]


def place(plate):
    return truth()["plates"][plate]["place"]


def check(what, said, wanted):
    assert said == wanted, f"{what}: {said!r}, not {wanted!r}"


def near(what, said, wanted, by):
    assert abs(said - wanted) <= by, f"{what}: {said!r}, not within {by} of {wanted!r}"


def plate():
    from pylabrobot.resources import Cor_96_wellplate_360ul_Fb

    return Cor_96_wellplate_360ul_Fb("assay")


async def bioshake():
    from pylabrobot.heating_shaking.bioshake_backend import BioShake

    shaker = BioShake(port("bioshake"), timeout=10)
    await shaker.setup()
    try:
        await shaker.start_shaking(500)
        raise AssertionError("it shook with its lock open")
    except RuntimeError as error:
        assert "error" in str(error), error
    await shaker.lock_plate()
    await shaker.start_shaking(500, 2)
    await asyncio.sleep(1)
    await shaker.stop_shaking(2)
    await shaker.unlock_plate()
    await shaker.set_temperature(37)
    near("temperature", await shaker.get_current_temperature(), 29, 8)
    await shaker.deactivate()
    await shaker.stop()


async def a4s():
    from pylabrobot.sealing.a4s_backend import A4SBackend

    sealer = A4SBackend(port("a4s"), timeout=60)
    await sealer.setup()
    await sealer.close()
    await sealer.open()
    # Excused: set_time formats a float with `:04d`; whole seconds only.
    await sealer.seal(temperature=170, duration=3)
    assert truth()["plates"]["to-seal"]["sealed"]
    near("temperature", await sealer.get_temperature(), 170, 1)
    await sealer.stop()


async def xpeel():
    from pylabrobot.peeling.xpeel_backend import XPeelBackend

    peeler = XPeelBackend(port("xpeel"))
    await peeler.setup()
    with contextlib.redirect_stdout(io.StringIO()):
        check("seal", await peeler.seal_check(), "seal_detected")
        await peeler.peel()
        check("seal", await peeler.seal_check(), "no_seal")
        await peeler.move_conveyor_in()
        await peeler.move_conveyor_out()
        await peeler.restart()
        # Excused: get_status cannot parse any answer ('00 [No error]'). get_tape_remaining waits for a `*ready` that its
        # own documentation does not promise, and works after its timeout.
        try:
            await peeler.get_status()
            raise AssertionError("get_status works: it is no longer to be excused")
        except ValueError:
            pass
    assert not truth()["plates"]["sealed"]["sealed"]
    await peeler.stop()


async def keyence():
    from pylabrobot.barcode_scanners.keyence.keyence_backend import KeyenceBarcodeScannerBackend

    scanner = KeyenceBarcodeScannerBackend(port("keyence"))
    await scanner.setup()
    check("barcode", (await scanner.scan_barcode()).data, "PLATE0001")
    await scanner.stop()


async def tempdeck():
    from pylabrobot.temperature_controlling.opentrons_backend_usb import OpentronsTemperatureModuleUSBBackend

    module = OpentronsTemperatureModuleUSBBackend(port("tempdeck"))
    await module.setup()
    await module.set_temperature(37.0)
    await asyncio.sleep(4)
    near("temperature", await module.get_current_temperature(), 37, 0.5)
    await module.stop()


async def read(reader, fluoresces):
    await reader.setup()
    await reader.open()
    await idle(reader)
    await reader.close()
    await idle(reader)
    [data] = await reader.read_absorbance(plate(), [600])
    rows = data["data"]
    check("rows and columns", (len(rows), len(rows[0])), (8, 12))
    assert rows[0][0] > rows[0][5] + 0.2, rows[0]
    check("wavelength", data["wavelength"], 600)
    both = await reader.read_absorbance(plate(), [600, 700])
    check("wavelengths", [one["wavelength"] for one in both], [600, 700])
    if fluoresces:
        [data] = await reader.read_fluorescence(plate(), [488], [512], [6])
        assert data["data"][0][0] > 2 * data["data"][0][5], data["data"][0]
        [data] = await reader.read_luminescence(plate(), [590])
        assert data["data"][0][0] > 2 * data["data"][0][5], data["data"][0]
    await reader.set_temperature(30)
    near("temperature", (await reader.get_temperature())[0], 26, 5)
    check("status", (await reader.get_status())[1], "IDLE")
    # Excused: get_firmware_version counts one prompt for `!OPTION`, though it wants the second field.
    await reader.stop()


async def idle(reader):
    until = time.time() + 10
    while (await reader.get_status())[1] != "IDLE":
        assert time.time() < until
        await asyncio.sleep(0.1)


async def spectramax():
    from pylabrobot.plate_reading.molecular_devices import MolecularDevicesSpectraMax384PlusBackend

    await read(MolecularDevicesSpectraMax384PlusBackend(port("spectramax")), False)


async def spectramax_m5():
    from pylabrobot.plate_reading.molecular_devices import MolecularDevicesSpectraMaxM5Backend

    await read(MolecularDevicesSpectraMaxM5Backend(port("spectramax-m5")), True)


async def store(hotel, name, racks):
    """In from the transfer station and out again."""
    await hotel.set_racks(racks)
    site = list(racks[1].sites.values())[4]
    stored = plate()
    await hotel.take_in_plate(stored, site)
    number = len(racks[0].sites) + 5
    check("stored", place(f"{name}-plate"), f"{name}/{number}")
    site.assign_child_resource(stored)
    await hotel.fetch_plate_to_loading_tray(stored)
    check("retrieved", place(f"{name}-plate"), name)


async def liconic():
    from pylabrobot.storage.liconic import ExperimentalLiconicBackend
    from pylabrobot.storage.liconic.racks import liconic_rack_17mm_22

    hotel = ExperimentalLiconicBackend("STX44_IC", port("liconic"))
    await hotel.setup()
    await hotel.initialize()
    await hotel.open_door()
    await hotel.close_door()
    await store(hotel, "liconic", [liconic_rack_17mm_22("a"), liconic_rack_17mm_22("b")])
    await hotel.set_temperature(37.0)
    near("temperature", await hotel.get_temperature(), 37, 0.1)
    await hotel.stop()


async def heraeus():
    from pylabrobot.storage.cytomat.heraeus_cytomat_backend import HeraeusCytomatBackend
    from pylabrobot.storage.cytomat.racks import cytomat_rack_50mm_10 as rack

    hotel = HeraeusCytomatBackend(port("heraeus"))
    await hotel.setup()
    await hotel.initialize()
    await hotel._send_command("WR DM25 00010")  # as its documentation asks for after a restart
    await hotel._send_command("WR DM23 06900")
    await store(hotel, "heraeus", [rack("a"), rack("b")])
    await hotel.start_shaking()
    await hotel.stop_shaking()
    await hotel.stop()


async def cytomat():
    from pylabrobot.storage.cytomat import CytomatBackend
    from pylabrobot.storage.cytomat.racks import cytomat_rack_28mm_17 as rack

    hotel = CytomatBackend("C6000", port("cytomat"))
    await hotel.setup()
    await hotel.open_door()
    await hotel.close_door()
    await store(hotel, "cytomat", [rack("a"), rack("b")])
    near("temperature", (await hotel.get_temperature()), 37, 0.1)
    await hotel.stop()


async def arm():
    from pylabrobot.arms.precise_flex.coords import ElbowOrientation, PreciseFlexCartesianCoords
    from pylabrobot.arms.precise_flex.pf_400 import PreciseFlex400Backend
    from pylabrobot.resources import Coordinate, Rotation

    host, number = ADDRESSES["arm"].split(":")
    mover = PreciseFlex400Backend(host, int(number), timeout=20)
    await mover.setup()
    await mover.set_speed(80.0)
    check("speed", await mover.get_speed(), 80.0)
    check("attached", await mover.attach(), -1)
    check("system", await mover.get_system_state(), 21)

    def at(x, y, z):
        where = Coordinate(x, y, z)
        turned = Rotation(180, 90, 0)
        return PreciseFlexCartesianCoords(location=where, rotation=turned, orientation=ElbowOrientation.RIGHT)

    # It stores every position under one index; which nest that is, our twin tells by the index.
    mover.location_index = 1
    await mover.approach(at(300, 100, 100))
    await mover.pick_up_resource(at(300, 100, 50), plate_width=85)
    check("held", place("arm-plate"), "arm")
    check("closed", await mover.is_gripper_closed(), False)
    mover.location_index = 2
    await mover.drop_resource(at(250, -150, 80))
    check("laid down", place("arm-plate"), "arm-2")
    with contextlib.redirect_stdout(io.StringIO()):
        joints = await mover.get_joint_position()
        lift = next(iter(key for key in joints if key == 1))
        await mover.move_to({lift: 250.0})
    near("lift", (await mover.get_joint_position())[lift], 250, 0.01)
    await mover.move_to_safe()
    try:
        mover.location_index = 1
        await mover.pick_up_resource(at(300, 100, 50), plate_width=85)
        raise AssertionError("it picked up nothing")
    except Exception as error:
        assert "no plate" in str(error), error
    await mover.stop()


async def masterflex():
    from pylabrobot.pumps.cole_parmer.masterflex_backend import MasterflexBackend

    pump = MasterflexBackend(port("masterflex"))
    await pump.setup()
    await asyncio.sleep(0.3)
    # Excused: run_continuously(0) does not await halt; send_command hands the answer's reader back unread.
    heard = await pump.io.read(64)
    assert heard.startswith(b"P?0\r") and heard.endswith(b"\x06"), heard
    for act in (pump.run_revolutions(2.5), pump.run_continuously(100), pump.halt()):
        with warnings.catch_warnings():
            await act
        check("acknowledged", await pump.io.read(1), b"\x06")
    await pump.stop()


async def balance():
    from pylabrobot.scales.mettler_toledo_backend import MettlerToledoWXS205SDUBackend

    scale = MettlerToledoWXS205SDUBackend(port=port("balance"))
    await scale.setup()
    check("serial number", scale.serial_number, "B123456")
    weight = await scale.read_weight("stable")
    # A plate of 20 g with eight wells of 100 uL, a little of which has dried up.
    assert 20.5 < weight < 20.81, weight
    await scale.tare("stable")
    near("tared", await scale.read_weight(), 0, 0.001)
    near("at once", await scale.read_weight(0), 0, 0.001)
    near("tare", await scale.request_tare_weight(), weight, 0.001)
    await scale.stop()


DEVICES = [
    bioshake, a4s, xpeel, keyence, tempdeck, spectramax, spectramax_m5, liconic, heraeus, cytomat, arm, masterflex, balance,
]


def main():
    logging.disable(logging.CRITICAL)
    wanted = sys.argv[2:]
    failed = 0
    for device in DEVICES:
        if wanted and device.__name__ not in wanted:
            continue
        began = time.time()
        try:
            asyncio.run(asyncio.wait_for(device(), 120))
            print(f"{device.__name__}: PASS ({time.time() - began:.1f} s)", flush=True)
        except Exception as error:
            failed += 1
            if wanted:
                raise
            print(f"{device.__name__}: FAIL {type(error).__name__}: {error}", flush=True)
    sys.exit(1 if failed else 0)


main()
