#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `ktstr-run scenarios --json RESULT.json` came to.

usage: tested.py counts RESULT.json...       closes with a line of counts, as tests do
       tested.py enter DATE RESULT.json...   into the table of docs/tested.md: a scenario's last case
                                             counts; rows of scenarios that are gone go"""
import collections
import json
import re
import sys

from shipped import TESTED, documents

HEAD = "| scenario | result | kernel | accelerator | date |\n|---|---|---|---|---|\n"


def key(case):
    folder = case["id"]["stem"].rpartition("/")[0]
    return f"{folder}/{case['id']['scenario']}"


def row(case, reason, date):
    machine = re.sub(r" \(.*", "", reason).replace(" by ", ", ")
    return f"| {key(case)} | {case['verdict']['outcome']} | {case['kernel']} | {machine} | {date} |"


def runs(results):
    for path in results:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        for case in result["cases"]:
            yield case, result["reason"]


def counts(*results):
    came = collections.Counter(case["verdict"]["outcome"] for case, _ in runs(results))
    failed = came.total() - came["pass"] - came["skip"]
    print(f"cases: {came['pass']} passed, {failed} failed, {came['skip']} skipped")


def enter(date, *results):
    page = TESTED.read_text(encoding="utf-8")
    before, _, rest = page.partition(HEAD)
    old, _, after = rest.partition("\n\n")
    rows = {line.split("|")[1].strip(): line for line in old.splitlines()}
    rows.update({key(case): row(case, reason, date) for case, reason in runs(results)})
    names = sorted(dict(documents()))
    table = "\n".join(rows.get(name, f"| {name} | not run yet | | | |") for name in names)
    TESTED.write_text(before + HEAD + table + "\n\n" + after, encoding="utf-8")


COMMANDS = {"counts": counts, "enter": enter}
if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
    sys.exit(__doc__)
COMMANDS[sys.argv[1]](*sys.argv[2:])
