"""CP-SAT (OR-Tools) on the same instances as ours, one thread, as long as ours took (at least a second): a table of both.

cp_sat.py DATA TABLE: TABLE is what `instances` printed.
"""

import csv
import os
import sys

from ortools.sat.python import cp_model

data, table = sys.argv[1:3]


def solve(model, ends, horizon, seconds):
    length = model.NewIntVar(0, horizon, "makespan")
    model.AddMaxEquality(length, ends)
    model.Minimize(length)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    status = solver.Solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (int(solver.ObjectiveValue()) if found else None), int(solver.BestObjectiveBound()), solver.WallTime()


def job_shop(path):
    with open(path) as f:
        lines = [l for l in f if l.strip() and not l.startswith("#")]
    jobs, machines = map(int, lines[0].split())
    model, on, ends = cp_model.CpModel(), {}, []
    ops = [list(map(int, lines[1 + j].split())) for j in range(jobs)]
    horizon = sum(sum(o[1::2]) for o in ops)
    lags = None
    if len(lines) > jobs + 1 and lines[jobs + 1].startswith("RES"):
        lags = [list(map(int, l.replace("TL=", "").split())) for l in lines[jobs + 2:jobs + 2 + jobs]]
    for j in range(jobs):
        before = None
        for p, (machine, duration) in enumerate(zip(ops[j][0::2], ops[j][1::2])):
            start = model.NewIntVar(0, horizon, "")
            on.setdefault(machine, []).append(model.NewIntervalVar(start, duration, start + duration, ""))
            if before is not None:
                model.Add(start >= before + (lags[j][2 * p - 2] if lags else 0))
                if lags:
                    model.Add(start <= before + lags[j][2 * p - 1])
            before = start + duration
        ends.append(before)
    for intervals in on.values():
        model.AddNoOverlap(intervals)
    return model, ends, horizon


def laboratory(folder):
    def rows(name):
        with open(os.path.join(folder, name), encoding="utf-8-sig") as f:
            return [[c.strip() for c in r] for r in csv.reader(f, delimiter="\t") if r and r[0].strip().isdigit()]

    units = {}
    for r in rows("machines.tsv"):
        units[r[1]] = units.get(r[1], 0) + 1
    ops = rows("operations.tsv")
    horizon = sum(int(r[3]) for r in ops)
    model, on, time, ends = cp_model.CpModel(), {}, {}, []
    for r in ops:
        start, duration = model.NewIntVar(0, horizon, ""), int(r[3])
        on.setdefault(r[2], []).append(model.NewIntervalVar(start, duration, start + duration, ""))
        time[r[0], r[1], "start"], time[r[0], r[1], "end"] = start, start + duration
        ends.append(start + duration)
    for r in rows("dependency.tsv"):
        model.Add(time[r[0], r[2], "start"] >= time[r[0], r[1], "end"])
    for r in rows("tcmb.tsv"):
        a, b = time[r[0], r[1], r[2].lower()], time[r[0], r[3], r[4].lower()]
        model.Add(b - a <= int(r[5]))
        model.Add(a - b <= int(r[5]))
    for machine, intervals in on.items():
        model.AddCumulative(intervals, [1] * len(intervals), units[machine])
    return model, ends, horizon


print("| instance | ours | seconds | CP-SAT, as long | its bound | its seconds |\n|---|---|---|---|---|---|")
with open(table) as f:
    for row in csv.DictReader(f, delimiter="\t"):
        name = row["instance"]
        if name.startswith("plates"):
            continue
        path = os.path.join(data, name)
        built = laboratory(path) if name.startswith("slab") else job_shop(path)
        found, bound, seconds = solve(*built, max(1.0, float(row["seconds"])))
        print(f"| {name} | {row['makespan']} | {row['seconds']} | {found} | {bound} | {seconds:.2f} |", flush=True)
