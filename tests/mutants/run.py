#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests the tests: applies each small change of a table to the sources, rebuilds what it touches
and demands that a test fails.

    tests/mutants/run.py [--jobs N] BUILD [TABLE.toml...]     (all tables beside this file by default)
    tests/mutants/run.py --check BUILD [TABLE.toml...]        only that each text is there, once

A table names the test executables of a layer and its mutants, each one substitution of a text that
occurs exactly once in its file:

    tests = ["tests/unit-vmm_vsock"]
    [[mutant]]
    file = "vmm/virtio/queue.cc"
    name = "a loop is followed for ever"
    from = "if (steps == size_)"
    to = "if (false)"

The tree is not touched: a mutant's files live in an overlay directory that comes first on the
include path, and only the objects that depend on the mutated file are compiled again. A mutant that
does not compile is a mistake in the table. Exit status 0 when every mutant was caught.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib



def output_of(command, cwd):
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


class Build:
    """What ninja knows about a build directory."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        database = json.loads((self.directory / "compile_commands.json").read_text())
        self.compile = {entry["output"]: shlex.split(entry["command"]) for entry in database}
        self.source = {entry["output"]: (self.directory / entry["file"]).resolve()
                       for entry in database}
        self.dependencies = {}

    def load(self, tests):
        output = subprocess.run(["ninja", *tests], cwd=self.directory)
        if output.returncode != 0:
            sys.exit("the tests do not build")
        current = None
        for line in output_of(["ninja", "-t", "deps"], self.directory).splitlines():
            if not line.startswith(" "):
                current = self.dependencies.setdefault(line.split(":")[0], set())
            elif line.strip():
                current.add((self.directory / line.strip()).resolve())

    def link_command(self, test):
        lines = output_of(["ninja", "-t", "commands", "-s", test], self.directory).splitlines()
        return shlex.split(lines[-1])

    def objects_of(self, test):
        """The objects that are linked into `test`, archives included."""
        found = [word for word in self.link_command(test) if word in self.compile]
        for archive in (word for word in self.link_command(test) if word.endswith(".a")):
            found += [o for o in self.compile if o.startswith(archive + ".p/")]
        return found

    def mutated_compile(self, obj, overlay, mutated, out):
        """The command that compiles `obj` against the overlay, without optimisation."""
        command = [word for word in self.compile[obj] if os.path.basename(word) != "ccache"]
        words, skip = [command[0], "-I" + str(overlay)], False
        for word in command[1:]:
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MQ"):
                skip = True
            elif word in ("-MD", "-c"):
                pass
            elif not word.startswith("-") and \
                    (self.directory / word).resolve() == self.source[obj]:
                pass
            else:
                words.append(word)
        source = mutated if self.source[obj] == mutated[0] else None
        return words + ["-O0", "-w", "-c", str(source[1] if source else self.source[obj]),
                        "-o", str(out)]


def source_of(root, mutant):
    """The path and text of its file, in which what it replaces occurs exactly once."""
    path = (root / mutant["file"]).resolve()
    text = path.read_text()
    if text.count(mutant["from"]) != 1:
        raise ValueError(f"`{mutant['from']}` occurs {text.count(mutant['from'])} times, not once")
    return path, text


def run_mutant(build, root, tests, patience, mutant):
    """Returns (caught, how) – or raises ValueError for a mistake in the table."""
    path, text = source_of(root, mutant)
    with tempfile.TemporaryDirectory(prefix="mutant-") as scratch:
        overlay = pathlib.Path(scratch) / "overlay"
        # A header can be included as seen from the root or from src.
        for base in (root, root / "src"):
            if path.is_relative_to(base):
                copy = overlay / path.relative_to(base)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text.replace(mutant["from"], mutant["to"]))
        mutated = (path, copy)
        rebuilt = {}
        for test in tests:
            link = build.link_command(test)
            changed = [o for o in build.objects_of(test) if path in build.dependencies.get(o, ())]
            for obj in changed:
                if obj in rebuilt:
                    continue
                out = pathlib.Path(scratch) / f"{len(rebuilt)}.o"
                done = subprocess.run(build.mutated_compile(obj, overlay, mutated, out),
                                      cwd=build.directory, capture_output=True, text=True)
                if done.returncode != 0:
                    raise ValueError("it does not compile:\n" + done.stderr[:2000])
                rebuilt[obj] = str(out)
            if not changed:
                continue
            binary = pathlib.Path(scratch) / "test"
            words = [rebuilt.get(word, word) for word in link]
            words[words.index("-o") + 1] = str(binary)
            # Before the archives, so that nothing is taken from those that hold the originals.
            words[3:3] = [rebuilt[o] for o in changed if o not in link]
            done = subprocess.run(words, cwd=build.directory, capture_output=True, text=True)
            if done.returncode != 0:
                raise ValueError("it does not link:\n" + done.stderr[:2000])
            environment = dict(os.environ, KTSTR_SOURCE=str(root), KTSTR_BUILD=str(build.directory))
            try:
                done = subprocess.run([str(binary), "--abort"], cwd=build.directory, text=True,
                                      capture_output=True, timeout=patience, env=environment)
            except subprocess.TimeoutExpired:
                return True, f"{test}: hangs"
            if done.returncode != 0:
                case = re.search(r"^-{79}\n(.*)\n", done.stdout, re.MULTILINE)
                return True, case.group(1).strip() if case else f"{test}: died"
        if not rebuilt:
            raise ValueError("no test links this file")
    return False, ""


def check(root, tables):
    """Says which rows no longer mean the code as it is."""
    sound = stale = 0
    for table in tables:
        for mutant in tomllib.loads(table.read_text())["mutant"]:
            try:
                source_of(root, mutant)
                sound += 1
            except (OSError, ValueError) as error:
                stale += 1
                print(f"{table.stem}: {mutant['name']}: {mutant['file']}: {error}")
    print(f"cases: {sound} passed, {stale} failed, 0 skipped")
    return 1 if stale or not sound else 0


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    tables = [pathlib.Path(t) for t in arguments.tables] or sorted(here.glob("*.toml"))
    root = here.parent.parent
    if arguments.check:
        return check(root, tables)
    build = Build(arguments.build)

    caught = survived = 0
    for table in tables:
        content = tomllib.loads(table.read_text())
        build.load(content["tests"])
        begin = time.monotonic()
        for test in content["tests"]:
            environment = dict(os.environ, KTSTR_SOURCE=str(root), KTSTR_BUILD=str(build.directory))
            subprocess.run([build.directory / test], cwd=build.directory, check=True,
                           stdout=subprocess.DEVNULL, env=environment)
        # A test that hangs has caught its mutant; unoptimised and beside others it may be slower.
        patience = 15 + 20 * (time.monotonic() - begin)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            runs = [(m, pool.submit(run_mutant, build, root, content["tests"], patience, m))
                    for m in content["mutant"]]
            for mutant, run in runs:
                label = f"{table.stem}: {mutant['name']}"
                try:
                    is_caught, how = run.result()
                except ValueError as error:
                    is_caught, how = False, f"cannot be tried: {error}"
                caught += is_caught
                survived += not is_caught
                print(f"{'caught  ' if is_caught else 'SURVIVED'}  {label}"
                      f"{'  <- ' + how if how else ''}", flush=True)
    print(f"cases: {caught} passed, {survived} failed, 0 skipped")
    return 1 if survived or not caught else 0


if __name__ == "__main__":
    sys.exit(main())
