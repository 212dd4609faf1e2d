"""labmcp-cavro's own driver against our twins of Cavro pumps: initialising, strokes, valve, speed, refusals.

usage: cavro_driver.py xlp6000|xcalibur PATH
"""
import sys

from labmcp.transports.serial import SerialTransport
from labmcp_cavro.driver import CavroError, CavroPump

model, path = sys.argv[1:]
transport = SerialTransport(
    path, baudrate=9600, write_termination="\r", read_termination="\x03\r\n", timeout=2.0, encoding="latin1"
)
getattr(transport, "open", lambda: None)()
pump = CavroPump(transport, address="1", syringe_ul=1000.0, model=model)
full = pump.standard_steps
failed = 0


def check(name, right, seen=""):
    global failed
    failed += not right
    print("PASS" if right else "FAIL", name, "" if right else seen)


def refuses(name, code, action):
    try:
        seen = action()
    except CavroError as error:
        check(name, error.code == code, error)
    else:
        check(name, False, seen)


print(pump.identify())
refuses("no stroke before it is initialised: error 7", 7, lambda: pump.move_plunger("A", 100, 3000, 10))
# What an error of a command leaves behind is told once more by Q.
pump.query_status()
pump.initialize()
check("it stands at zero", pump.plunger_steps() == 0)
for valve in "IO":
    check(f"the valve goes to {valve}", pump.move_valve(valve) == valve.lower())
check("picks up", pump.move_plunger("P", full // 5, 6000, 30).position_steps == full // 5)
check("picks up more", pump.move_plunger("P", full // 10, 3000, 30).position_steps == full // 5 + full // 10)
check("the speed is kept", pump.top_speed() == 3000, pump.top_speed())
check("dispenses", pump.move_plunger("D", full // 5, 6000, 30).position_steps == full // 10)
check("goes where it is told", pump.move_plunger("A", full // 2, 6000, 30).position_steps == full // 2)
refuses("beyond its stroke: error 3", 3, lambda: pump.move_plunger("P", full, 6000, 30))
check("and it has not moved", pump.plunger_steps() == full // 2, pump.plunger_steps())
refuses("what is no command: error 2", 2, lambda: pump.command("qR"))
pump.query_status()
# Of the resolutions the twins have the standard one alone, which is what the driver uses.
refuses("fine resolution: error 3", 3, lambda: pump.command("N1R"))
pump.query_status()
pump.command("V300A0R")
refuses("a command while it is busy: error 15", 15, lambda: (pump.command("A100R"), pump.wait_ready(1)))
pump.terminate()
pump.wait_ready(5)
check("stopped on its way", 0 < pump.plunger_steps() < full // 2, pump.plunger_steps())
check("and home", pump.move_plunger("A", 0, 6000, 30).position_steps == 0)
print(failed, "failed")
sys.exit(failed != 0)
