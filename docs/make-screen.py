#!/usr/bin/env python3
"""Makes docs/screen.svg: runs the README's first command on a terminal of 256 colours and draws what it shows.

usage: docs/make-screen.py [PROGRAM [FILE]]   (defaults: target/release/plated, docs/screen.svg; no package is needed)

The program runs in a scratch folder; the last picture of its progress and its summary become text of an SVG, cell by
cell, with the colours that the program chose. Nothing is made up here.
"""
import fcntl
import html
import os
import pty
import re
import struct
import sys
import tempfile
import termios

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLUMNS, ROWS = 96, 80
CELL_W, CELL_H, MARGIN = 7.8, 16, 14
ARGUMENTS = ["run", "protocols/growth-screen.toml", "--rig", "config/demo-rig.toml", "--simulate"]
BASIC = ["#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
         "#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"]


def xterm(n):
    """Colour number n of the 256 as #rrggbb."""
    if n < 16:
        return BASIC[n]
    if n >= 232:
        return "#" + f"{8 + (n - 232) * 10:02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    n -= 16
    return "#" + "".join(f"{levels[i]:02x}" for i in (n // 36, n // 6 % 6, n % 6))


def record(program):
    """What the program writes to a terminal."""
    with tempfile.TemporaryDirectory() as scratch:
        for folder in ("config", "protocols"):
            os.symlink(os.path.join(ROOT, folder), os.path.join(scratch, folder))
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(scratch)
            os.environ.update(TERM="xterm-256color")
            os.environ.pop("NO_COLOR", None)
            os.execv(program, ["plated", *ARGUMENTS])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        out = bytearray()
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            out += piece
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit("the run failed:\n" + out.decode())
    return out.decode()


def screen(text):
    """Lines of (character, foreground, background, bold) after the control sequences that the program uses."""
    lines, row, column = [[]], 0, 0
    style = (None, None, False)
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.|\n", text):
        if token == "\n":
            row += 1
            if row == len(lines):
                lines.append([])
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b["):
            numbers, final = [int(n or 0) for n in token[2:-1].split(";") if n.isdigit() or not n], token[-1]
            if final == "A":
                row = max(0, row - (numbers or [1])[0])
            elif final == "J":
                lines[row:] = [lines[row][:column]]
            elif final == "m":
                style = graphics(numbers or [0], style)
        elif token >= " ":
            line = lines[row]
            line.extend([(" ", None, None, False)] * (column - len(line)))
            line[column:column + 1] = [(token, *style)]
            column += 1
    while lines and not lines[-1]:
        lines.pop()
    return lines


def graphics(numbers, style):
    fore, back, bold = style
    while numbers:
        n, *numbers = numbers
        if n == 0:
            fore, back, bold = None, None, False
        elif n == 1:
            bold = True
        elif n in (38, 48) and numbers[:1] == [5]:
            colour = xterm(numbers[1])
            fore, back = (colour, back) if n == 38 else (fore, colour)
            numbers = numbers[2:]
    return fore, back, bold


def svg(lines):
    width = MARGIN * 2 + COLUMNS * CELL_W
    height = MARGIN * 2 + len(lines) * CELL_H
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-size="13" '
           'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace">',
           f'<rect width="{width:g}" height="{height:g}" rx="6" fill="#16181d"/>']
    for number, line in enumerate(lines):
        y = MARGIN + number * CELL_H
        start = 0
        while start < len(line):
            end = start
            while end < len(line) and line[end][1:] == line[start][1:]:
                end += 1
            text = "".join(cell[0] for cell in line[start:end])
            _, fore, back, bold = line[start]
            x, w = MARGIN + start * CELL_W, (end - start) * CELL_W
            if back:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{w:.1f}" height="{CELL_H}" fill="{back}"/>')
            if text.strip():
                lead = len(text) - len(text.lstrip())
                body = html.escape(text.strip())
                wide = len(text.strip()) * CELL_W
                weight = ' font-weight="bold"' if bold else ""
                out.append(f'<text x="{x + lead * CELL_W:.1f}" y="{y + 12}" textLength="{wide:.1f}" xml:space="preserve" '
                           f'fill="{fore or "#d7dae0"}"{weight}>{body}</text>')
            start = end
    return "\n".join(out) + "\n</svg>\n"


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "target/release/plated"))
    text = "$ plated " + " ".join(ARGUMENTS) + "\r\n" + record(program)
    picture = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, "docs", "screen.svg")
    with open(picture, "w", encoding="utf-8") as file:
        file.write(svg(screen(text)))


main()
