# SPDX-License-Identifier: GPL-2.0-only
"""The scenarios that are shipped, as far as a plain look at the files tells."""
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
TESTED = TOP / "docs/tested.md"


def documents():
    """(`folder/scenario`, text) of every scenario, in the order of their files."""
    for path in sorted((TOP / "scenarios").rglob("*.yaml")):
        folder = path.parent.relative_to(TOP / "scenarios")
        for document in re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.M):
            named = re.search(r"^name: *(\S+)", document, flags=re.M)
            name = named[1] if named else path.stem
            if not name.startswith("_"):  # Others extend it, or include its file.
                yield f"{folder}/{name}", document
