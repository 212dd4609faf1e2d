"""The protocol of `cargo bench --bench check` for `opentrons_simulate`: every well of ROUNDS plates is filled from a trough
by one channel, one aspirate and one dispense each, with a fresh tip per plate. A plate stands for all that pass through its
slot, since an OT-2 cannot bring others.
"""
import os

metadata = {"apiLevel": "2.13"}


def run(protocol):
    tips = protocol.load_labware("opentrons_96_tiprack_20ul", 4)
    trough = protocol.load_labware("nest_1_reservoir_195ml", 7)
    plate = protocol.load_labware("corning_96_wellplate_360ul_flat", 9)
    pipette = protocol.load_instrument("p20_single_gen2", "right", tip_racks=[tips])
    for number in range(int(os.environ["ROUNDS"])):
        pipette.pick_up_tip(tips.wells()[number % 96])
        for well in plate.wells():
            pipette.aspirate(2, trough["A1"])
            pipette.dispense(2, well)
        pipette.drop_tip()
        tips.reset()
