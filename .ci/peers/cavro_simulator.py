"""labmcp-cavro's simulator of an XLP 6000 on a pseudo-terminal (DT frames): usage: cavro_simulator.py LINK SPEEDUP"""
import os
import pty
import select
import sys
import tty

from labmcp_cavro.simulator import CavroSimulator

link = sys.argv[1]
pump = CavroSimulator(speed=float(sys.argv[2]))
ours, theirs = pty.openpty()
tty.setraw(ours)
tty.setraw(theirs)
os.symlink(os.ttyname(theirs), link + ".new")
os.rename(link + ".new", link)
heard = b""
while True:
    select.select([ours], [], [])
    heard += os.read(ours, 4096)
    *lines, heard = heard.split(b"\r")
    for line in lines:
        said = pump.handle(line.decode("latin1"))
        for answer in [said] if isinstance(said, str) else said or []:
            # It leaves the frame's end to its transport.
            os.write(ours, answer.encode("latin1").removesuffix(b"\x03\r\n") + b"\x03\r\n")
