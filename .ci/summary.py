#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Adds up test cases. Every test executable closes with `cases: P passed, F failed, S skipped`, after
a line `skipped: NAME: REASON` for each skipped case; one that crashed, timed out or counted nothing is
a failure.

  summary.py suites FOLDER            the suites of a build folder, in the order to run them
  summary.py count LOG SUITE COUNTS   prints what a meson JSON log holds, appends `P F S` to COUNTS
  summary.py line LOG TITLE COUNTS    the same for the last line of counts in a text
  summary.py total COUNTS             the closing line; status 1 if a case failed or none passed
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

ORDER = ["architecture", "unit", "property", "diagnostics", "golden", "fuzz", "e2e"]
COUNTS = re.compile(r"^cases: (\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
SKIPPED = re.compile(r"^skipped: .+?: (.*)$", re.M)


def suites(folder):
    listed = subprocess.check_output(["meson", "introspect", folder, "--tests"])
    # "project:suite", or just "project" for a test without a suite.
    found = {s.split(":")[-1] for test in json.loads(listed) for s in test["suite"]}
    print(*[s for s in ORDER if s in found], *sorted(found - set(ORDER)))


def count_one(result):
    """(passed, failed, skipped) of one test executable."""
    lines = COUNTS.findall(result.get("stdout", ""))
    passed, failed, skipped = map(int, lines[-1]) if lines else (0, 0, 0)
    if not lines or (result["result"] != "OK" and failed == 0):
        failed += 1
    return passed, failed, skipped


def failures(result):
    """What a failed test executable said from its first failure on, within reason."""
    lines = result.get("stdout", "").splitlines()
    first = next((i for i, line in enumerate(lines) if line.endswith("FAILED:")), 0)
    return lines[max(0, first - 6) :][:80] + result.get("stderr", "").splitlines()[-20:]


def count(log, suite, counts):
    path = pathlib.Path(log)
    results = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    total = [0, 0, 0]
    reasons = collections.Counter()
    for result in results:
        one = count_one(result)
        total = [a + b for a, b in zip(total, one)]
        reasons.update(SKIPPED.findall(result.get("stdout", "")))
        if one[1]:
            print(f"  {result['name']}: {one[1]} failed ({result['result']});",
                  f"all its output: {path.with_suffix('.txt')}")
            print(*("    " + line for line in failures(result)), sep="\n")
    if not results:
        total[1] = 1
        print(f"  {suite}: nothing ran; see {path.parent}")
    print(f"  {suite:<12} {total[0]:>5} passed {total[1]:>4} failed {total[2]:>4} skipped")
    for reason, times in reasons.most_common():
        print(f"    skipped {times}: {reason}")
    with open(counts, "a", encoding="utf-8") as file:
        print(*total, file=file)


def line(log, title, counts):
    found = COUNTS.findall(pathlib.Path(log).read_text(errors="replace"))
    row = [int(number) for number in found[-1]] if found else [0, 1, 0]
    print(f"  {title:<22} {row[0]:>5} passed {row[1]:>4} failed {row[2]:>4} skipped")
    with open(counts, "a", encoding="utf-8") as file:
        print(*row, file=file)


def total(counts):
    rows = [map(int, line.split()) for line in pathlib.Path(counts).read_text().splitlines()]
    passed, failed, skipped = map(sum, zip(*rows)) if rows else (0, 1, 0)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    {"suites": suites, "count": count, "line": line, "total": total}[sys.argv[1]](*sys.argv[2:])
