#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which shipped scenarios exercise a word of the language, and what they came to (docs/tested.md).

usage: vocabulary.py KTSTR   prints a table; status 1 if a word is in no scenario"""
import re
import subprocess
import sys

from shipped import TESTED, documents

MOST = 3  # Scenarios named for a word.
CPUSETS = ["all", "llc", "node", "range", "disjoint", "overlap", "cpus"]
POLICIES = ["normal", "batch", "idle", "fifo", "rr", "deadline", "ext"]


def listed(ktstr, what):
    lines = subprocess.check_output([ktstr, "list", what], text=True).splitlines()
    return [re.split(r"  +", line)[0] for line in lines]


def predicate(form):
    """`x near y within z` as an expression over a claim."""
    words = re.sub(r"\[(\w+)\] ", r"(\1 )?", form)
    pieces = [piece for piece in re.split(r"\b[xyzn]\b|\.\.\.|…", words) if piece.strip()]
    # A symbol is one with space around it, so that < is not <=.
    return r"\s.+?\s".join(piece.strip() for piece in pieces).join((r"\s", r"(\s|$)"))


def patterns(ktstr):
    for name in listed(ktstr, "work"):
        yield "work", name, rf"\bwork: *\[?[{{]? *{name}\b|{name}: *[{{\d]|[{{,] *{name}[}},]"
    for name in listed(ktstr, "ops"):
        yield "op", name, rf"[-{{\[,] *{name}\b *[:\]}}]"
    for name in CPUSETS:
        yield "cpuset", name, rf"\b(cpuset|to): *\{{? *{name}\b"
    for name in POLICIES:
        yield "policy", name, rf"\b(policy|to): *\{{? *{name}\b"
    for name in listed(ktstr, "functions"):
        yield "function", name, rf"\b{name}\("
    for form in listed(ktstr, "predicates"):
        yield "predicate", form, predicate(form)


def without_prose(text):
    return re.sub(r"^ *(#.*|about:.*|name:.*)$", "", text, flags=re.M)


def main(ktstr):
    page = TESTED.read_text(encoding="utf-8")
    came = dict(re.findall(r"^\| (\S+) \| (\w[\w ]*) \|", page, flags=re.M))
    texts = [(name, without_prose(text)) for name, text in documents() if name in came]
    missing = 0
    print("| | word | in | result |\n|---|---|---|---|")
    for kind, word, pattern in patterns(ktstr):
        found = [name for name, text in texts if re.search(pattern, text, flags=re.M)]
        missing += not found
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        results = ", ".join(sorted({came[name] for name in found})) or "–"
        print(f"| {kind} | `{word}` | {', '.join(found[:MOST]) + more or '**none**'} | {results} |")
    return 1 if missing else 0


if len(sys.argv) != 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1]))
