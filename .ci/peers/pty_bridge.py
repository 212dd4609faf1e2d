"""Pseudo-terminals for peers that need a serial port.

usage: pty_bridge.py tcp LINK HOST:PORT     a pty at LINK whose bytes go to a TCP server
       pty_bridge.py pair LINK-A LINK-B     two ptys joined like a null-modem cable
Prints "ready" when the links are there.
"""
import os
import pty
import select
import socket
import sys
import tty


def device(link):
    """A raw pty with a symbolic link; the other end is kept open, so that a client may come and go."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    if os.path.islink(link):
        os.unlink(link)
    os.symlink(os.ttyname(theirs), link)
    return ours, theirs


def main():
    kind, first, second = sys.argv[1:4]
    ours, keep = device(first)
    if kind == "tcp":
        host, port = second.split(":")
        peer = socket.create_connection((host, int(port)))
        other, keep_other = peer.fileno(), peer
    else:
        other, keep_other = device(second)
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([ours, other], [], [])
        for fd in readable:
            data = os.read(fd, 4096)
            if not data:
                return
            os.write(other if fd == ours else ours, data)


main()
