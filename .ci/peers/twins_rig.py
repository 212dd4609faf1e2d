"""Writes the rig that PyLabRobot's, Opentrons' and labmcp-cavro's own drivers are let loose on: usage: twins_rig.py FOLDER"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
LABWARE = HERE.parent.parent / "config" / "labware"

# name: (kind or text profile, baud, format, more of the entry)
TEXT = {
    "bioshake": ("bioshake", 9600, "8N1"),
    "a4s": ("a4s", 19200, "8N1"),
    "xpeel": ("xpeel", 9600, "8N1"),
    "keyence": ("keyence", 9600, "7E1"),
    "tempdeck": ("ot-temperature", 115200, "8N1"),
    "heatershaker": ("ot-heater-shaker", 115200, "8N1"),
    "thermocycler1": ("ot-thermocycler-1", 115200, "8N1"),
    "thermocycler2": ("ot-thermocycler-2", 115200, "8N1"),
    "magdeck": ("ot-magnetic", 115200, "8N1"),
    "masterflex": ("masterflex", 4800, "7O1"),
    "balance": ("mettler", 9600, "8N1"),
    "ml600": ("ml600", 9600, "7O1"),
}
KINDS = {
    "spectramax": ("spectramax", 9600, "8N1", 'tray = "spectramax"'),
    "spectramax-m5": ("spectramax", 9600, "8N1", 'tray = "spectramax-m5"\nfluorescence = true\nluminescence = true'),
    "liconic": ("liconic", 9600, "8E1", 'transfer = "liconic"\nslots = 44\ntemperature = "37 C"'),
    "heraeus": ("liconic", 9600, "8E1", 'transfer = "heraeus"\nslots = 42\ntemperature = "37 C"'),
    "xlp6000": ("cavro", 9600, "8N1", 'model = "xlp6000"\naddress = 0\nsyringe = "1 mL"\nbottle = { volume = "1 L", dead_volume = "30 mL" }'),
    "xcalibur": ("cavro", 9600, "8N1", 'model = "xcalibur"\naddress = 0\nsyringe = "1 mL"\nbottle = { volume = "1 L", dead_volume = "30 mL" }'),
    "cytomat": ("cytomat", 9600, "8N1", 'transfer = "cytomat"\nslots = 42\ntemperature = "37 C"\nbarcode_reader = true'),
}

HEAD = f"""[rig]
name = "twins"
title = "Twins for drivers by others"
labware = "{LABWARE}"

[simulation]
deck = ["0 mm", "0 mm", "0 mm"]
room_temperature = "22 C"
operator = {{ answers_after = "1 s" }}
evaporation = {{ open = "6 uL/h", lidded = "0.15 uL/h" }}

[simulation.biology]
parent = "parent"
slow = "slow"
growth_rate = "0.42 /h"
optimum = "30 C"
slow_factor = 0.6
lag = "1.5 h"
capacity_od = 7.0
well_cv = 0.04
strong = {{ count = 0, factor = 1.15 }}
weak = {{ count = 0, factor = 1.08 }}

[simulation.spectramax]
background = 0.038
noise = 0.0008
proportional_noise = 0.002

[simulation.spectramax-m5]
background = 0.038
noise = 0.0008
proportional_noise = 0.002
fluorescence_background = 35.0
luminescence_background = 12.0

[simulation.balance]
serial = "B123456"

[instruments.arm]
kind = "precise_flex"
link = {{ tcp = "192.168.0.1:10100" }}

[nests.arm-1]
kind = "hotel"
station = 1

[nests.arm-2]
kind = "hotel"
station = 2
"""


def main():
    folder = pathlib.Path(sys.argv[1])
    rig = HEAD
    for name, (profile, baud, line) in TEXT.items():
        (folder / f"{profile}.toml").write_text(f'[profile]\nname = "{profile}"\nkind = "text"\nrole = "station"\n')
        rig += f'\n[nests.{name}]\nkind = "station"\n\n[instruments.{name}]\nkind = "profile"\n'
        rig += f'profile = "{profile}.toml"\nnest = "{name}"\n'
        rig += f'link = {{ serial = "/dev/{name}", baud = {baud}, format = "{line}" }}\n'
    for name, (kind, baud, line, more) in KINDS.items():
        rig += f'\n[nests.{name}]\nkind = "station"\n\n[instruments.{name}]\nkind = "{kind}"\n{more}\n'
        rig += f'link = {{ serial = "/dev/{name}", baud = {baud}, format = "{line}" }}\n'
    (folder / "rig.toml").write_text(rig)


main()
