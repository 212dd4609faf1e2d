"""Checks schedules of published instances against the instances' own files, and against the values that are listed for them.

check.py DATA OUT TABLE BARS: DATA is the folder of instances, OUT that of the starts that `instances` wrote, TABLE what it printed;
BARS names which bars must be met ("slab jsplib" or "slab jsplib jstl"). Nothing is shared with the program that is judged.
For the laboratory instances the checker that comes with the data is asked as well.
"""

import collections
import csv
import os
import sys

data, out, table, bars = sys.argv[1:5]
OPTIMA = dict(zip(
    [f"la{n:02}" for n in range(1, 21)] + ["ft06", "ft10"],
    [666, 655, 597, 590, 593, 926, 890, 863, 951, 958, 1222, 1039, 1150, 1292, 1207, 945, 784, 848, 842, 902, 55, 930],
))
SLAB = {"Gu2016/N1": 87, "Gu2016/N5": 297, "qPCR/N5": 148, "RNAseq/N5": 973}
# Percent over the listed value that is allowed.
ALLOWED = {"slab": 1.0, "jsplib": 5.0, "jstl": 5.0, "plates": 1.0}


def starts(name):
    with open(os.path.join(out, name.replace("/", "_"))) as f:
        return [int(line) for line in f]


def capacity(spans, limits):
    """The first time at which more of a machine is used than there is."""
    wrong = []
    by_machine = collections.defaultdict(list)
    for machine, begin, end in spans:
        if begin < end:
            by_machine[machine] += [(begin, 1), (end, -1)]
    for machine, events in by_machine.items():
        load = 0
        for at, change in sorted(events):
            load += change
            if load > limits.get(machine, 1):
                wrong.append(f"{load} at once on {machine} at {at}")
                break
    return wrong


def job_shop(path, begin):
    """Violations of a job shop, with time lags where the file has them; and its makespan."""
    with open(path) as f:
        lines = [l for l in f if l.strip() and not l.startswith("#")]
    jobs, machines = map(int, lines[0].split())
    ops, wrong, spans = [], [], []
    for job in range(jobs):
        numbers = list(map(int, lines[1 + job].split()))
        ops.append(list(zip(numbers[0::2], numbers[1::2])))
    lags = None
    if len(lines) > jobs + 1 and lines[jobs + 1].startswith("RES"):
        rows = [list(map(int, l.replace("TL=", "").split())) for l in lines[jobs + 2:jobs + 2 + jobs]]
        lags = [list(zip(row[0::2], row[1::2])) for row in rows]
    end = 0
    for job in range(jobs):
        for place, (machine, duration) in enumerate(ops[job]):
            at = begin[job * machines + place]
            spans.append((machine, at, at + duration))
            end = max(end, at + duration)
            if place + 1 < machines:
                waits = begin[job * machines + place + 1] - at - duration
                low, high = lags[job][place] if lags else (0, float("inf"))
                if not low <= waits <= high:
                    wrong.append(f"job {job}: {waits} after operation {place}")
    if begin and min(begin) < 0:
        wrong.append("something begins before the start")
    return wrong + capacity(spans, {}), end


def laboratory(folder, begin):
    """Violations by the checker that comes with the data."""
    source = open(os.path.join(os.path.dirname(data.rstrip("/")), "..", "tools", "slab_check.py")).read()
    functions = {}
    exec(source[:source.index("\nfor f in sorted(")], functions)  # its functions, not its own runs
    ids = [(int(r[0]), int(r[1])) for r in functions["rd"](os.path.join(folder, "operations.tsv"))]
    length, wrong = functions["check"](folder, dict(zip(ids, begin)))
    return wrong, length


listed = {}
with open(os.path.join(data, "jstl_results.tsv")) as f:
    for row in csv.DictReader(f, delimiter="\t"):
        listed["jstl/" + row["instance"]] = int(row["makespan"])
for name, value in SLAB.items():
    listed["slab/" + name] = value
for name, value in OPTIMA.items():
    listed["jsplib_la/" + name] = value

failed = checked = 0
with open(table) as f:
    rows = list(csv.DictReader(f, delimiter="\t"))
for row in rows:
    name, length = row["instance"], int(row["makespan"])
    kind = name.split("/")[0].split("_")[0]
    if kind == "plates":
        begin, wrong, end = None, [], length
        reference = int(row["bound"])
    else:
        begin = starts(name)
        path = os.path.join(data, name)
        wrong, end = laboratory(path, begin) if kind == "slab" else job_shop(path, begin)
        reference = listed[name]
        checked += 1
    if end != length:
        wrong.append(f"it ends at {end}, not at {length}")
    over = 100.0 * (length - reference) / reference
    allowed = 5.0 if name.startswith("plates/1000") else ALLOWED[kind]
    missed = kind in bars.split() + ["plates"] and over > allowed
    if wrong or missed:
        failed += 1
        print(f"FAILED {name}: {length} against {reference} ({over:+.1f} %, {allowed} % allowed) {wrong[:3]}")
    if os.environ.get("MARKDOWN"):
        print(f"| {name} | {row['tasks']} | {length} | {row['bound']} | {reference} | {over:+.1f} % | {row['seconds']} |")
print(f"schedules: {checked} of published instances without a violation, {len(rows)} in all; {failed} failed")
sys.exit(1 if failed else 0)
