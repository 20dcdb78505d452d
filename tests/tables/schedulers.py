#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tables of docs/schedulers.md from what `ktstr-run --json` wrote.

usage: schedulers.py verdicts|numbers|expected RESULT.json...
  verdicts  scenario x scheduler: what each case came to
  numbers   claim x scheduler: the value that was seen, in bold where the claim did not hold
  expected  scenario x kernel: the line that told of the failure which the scenario expects"""
import json
import sys

OWN = {"-": "the kernel's own"}
PLAIN = {"pass": "pass", "skip": "–"}


def cases(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            yield from json.load(file)["cases"]


def name(case):
    parts = case["id"]["stem"].split("/")
    return "/".join(parts[:-1] + [case["id"]["scenario"]])


def scheduler(case):
    return OWN.get(case["id"]["scheduler"], case["id"]["scheduler"])


def table(corner, cells):
    """`cells`: {(row, column): text}; rows and columns in the order in which they came."""
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    print("| " + " | ".join([corner, *columns]) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row in rows:
        print("| " + " | ".join([row, *(cells.get((row, column), "–") for column in columns)]) + " |")


def bad(case):
    return [found for found in case["verdict"]["findings"] if found["outcome"] not in PLAIN]


def cause(case):
    """In a word: what a scheduler died of comes first, then a check, then claims."""
    kinds = [found["kind"] for found in bad(case)]
    loud = [kind for kind in kinds if kind.isupper()] or [kind for kind in kinds if kind != "claim"]
    claims = kinds.count("claim")
    return loud[0] if loud else f"{claims} claim{'s' * (claims > 1)}"


def verdict(case):
    outcome = case["verdict"]["outcome"]
    return PLAIN.get(outcome) or f"**{outcome}**: {cause(case)}"


def verdicts(results):
    cells = {}
    for case in results:
        cells.setdefault((name(case), scheduler(case)), []).append(verdict(case))
    for key, seen in cells.items():
        counts = {text: seen.count(text) for text in seen}
        several = (f"{count} × {text}" for text, count in counts.items())
        cells[key] = seen[0] if len(seen) == 1 else ", ".join(several)
    table("scenario", cells)


def seen(found):
    value = found["value"].rsplit(": ", 1)[-1]
    return value if found["outcome"] == "pass" else f"**{value}**"


def numbers(results):
    cells = {}
    for case in results:
        for found in case["verdict"]["findings"]:
            if found["kind"] == "claim":
                cells[(f"{name(case)}: `{found['label']}`", scheduler(case))] = seen(found)
    table("claim", cells)


def expected(results):
    cells = {}
    for case in results:
        if case["verdict"]["outcome"] == "skip":
            continue
        lines = [
            f"{found['kind']}: {found['label']} – {found['value']}".replace("|", "\\|")
            for found in case["verdict"]["findings"]
            if found["evidence"] and "is the one that the scenario expects" in found["evidence"][-1]
        ]
        cells[(name(case), case["kernel"])] = "<br>".join(lines) or f"**not seen**: {cause(case)}"
    table("scenario", cells)


TABLES = {"verdicts": verdicts, "numbers": numbers, "expected": expected}
if len(sys.argv) < 3 or sys.argv[1] not in TABLES:
    sys.exit(__doc__)
TABLES[sys.argv[1]](list(cases(sys.argv[2:])))
