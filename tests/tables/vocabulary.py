#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which shipped scenarios use which word of the language (docs/vocabulary.md), and what they came to
(docs/tested.md).

usage: vocabulary.py   prints the table"""
import re
import sys

from shipped import TESTED, TOP


def main():
    came = dict(re.findall(r"^\| (\S+) \| (\w[\w ]*) \|", TESTED.read_text(encoding="utf-8"), re.M))
    print("| | word | in | result |\n|---|---|---|---|")
    for line in (TOP / "docs/vocabulary.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| (\S+) \| (`.*`) \| (.*) \|$", line)
        if row is None:
            continue
        named = re.findall(r"[\w/]+/\w+", row[3])
        results = sorted({came.get(name, "not run yet") for name in named})
        print(f"| {row[1]} | {row[2]} | {row[3]} | {', '.join(results) or '–'} |")


if len(sys.argv) != 1:
    sys.exit(__doc__)
main()
