#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the lab: what runs in it, what comes out, and what is left when it ends badly.

  lab_test.py LAB... KVM-SPEED   how to call the lab, and the probe of this folder, built
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

*LAB, PROBE = sys.argv[1:-1] + [os.path.abspath(sys.argv[-1])]
PATIENCE = 400  # Seconds, on a crowded machine.


def lab(*words, **options):
    return subprocess.run([*LAB, "--with", PROBE, *words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
                          check=False, **options)


def expect(condition, *what):
    if not condition:
        raise AssertionError(" ".join(map(str, what)))


def what_runs_in_it_finds_a_working_kvm_and_everything_comes_out():
    with tempfile.TemporaryDirectory() as folder:
        script = f"""
            {PROBE} || exit 1
            pwd
            seq 300000 >&2
            mkdir $KTSTR_LAB_OUT/inner
            yes | head -c 5000000 >$KTSTR_LAB_OUT/inner/large
            touch $KTSTR_LAB_OUT/.hidden
            [ -f $KTSTR_SOURCE/dev ] && [ -f $XDG_CACHE_HOME/ktstr/kernels/stock/vmlinux ] || exit 2
            echo $KTSTR_WORD
            exit 7"""
        out = pathlib.Path(folder, "out")
        done = lab("--", "bash", "-c", script, cwd=folder,
                   env={**os.environ, "KTSTR_LAB_OUT": str(out), "KTSTR_WORD": "two blanks '\""})
        expect(done.returncode == 7, done.returncode, done.stdout, done.stderr[-2000:])
        speed, *rest = done.stdout.splitlines()
        million = re.match(r"(\d+) million kernel-mode instructions/s", speed)
        expect(million and int(million[1]) >= 20, speed)
        expect(rest == [folder, "two blanks '\""], rest)
        numbers = [line for line in done.stderr.splitlines() if line.isdigit()]
        expect(numbers == [str(n + 1) for n in range(300000)], len(numbers), "of 300000 lines")
        expect((out / "inner/large").stat().st_size == 5000000, "results")
        expect((out / ".hidden").exists(), "hidden results")


def what_takes_too_long_is_ended_with_all_that_it_started():
    done = lab("--timeout", "3s", "--", "bash", "-c", "setsid sleep 1000 & echo begun; sleep 1000")
    expect(done.returncode == 124, done.returncode, done.stderr)
    expect(done.stdout == "begun\n", done.stdout)


def a_kernel_that_dies_is_told_with_its_last_words():
    done = lab("--", "sh", "-c", "echo c >/proc/sysrq-trigger")
    expect(done.returncode == 3, done.returncode, done.stderr)
    expect("the machine died" in done.stderr and "entry_SYSCALL" in done.stderr, done.stderr)


def bad_usage_says_so():
    for words in [["--cpus", "many", "--", "true"], ["--timeout", "0", "--", "true"], []]:
        done = lab(*words)
        expect(done.returncode == 4 and "lab: " in done.stderr, words, done.returncode, done.stderr)


def descendants_of(ancestor):
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        parent = int(stat.rsplit(")", 1)[1].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
    found = children.get(ancestor, [])
    for child in list(found):
        found += descendants_of(child)
    return found


def however_it_is_ended_nothing_is_left():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    for number, status in [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]:
        before = set((cache / "ktstr/lab").iterdir())
        process = subprocess.Popen([*LAB, "--with", PROBE, "--console", "--", "sleep", "1000"],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        expect(any(b"Linux version" in line for line in process.stderr), "the kernel says nothing")
        machines = descendants_of(process.pid)
        expect(machines, "no machine runs")
        process.send_signal(number)
        process.stderr.close()
        expect(process.wait(PATIENCE) == status, number, process.returncode)
        deadline = time.monotonic() + 10
        while left := [pid for pid in machines if os.path.exists(f"/proc/{pid}")]:
            expect(time.monotonic() < deadline, "processes are left after", number, left)
            time.sleep(0.01)
        files = [p for p in set((cache / "ktstr/lab").iterdir()) - before if p.suffix != ".img"]
        expect(not files, "files are left after", number, files)


def main():
    tests = [what_runs_in_it_finds_a_working_kvm_and_everything_comes_out,
             what_takes_too_long_is_ended_with_all_that_it_started,
             a_kernel_that_dies_is_told_with_its_last_words,
             bad_usage_says_so,
             however_it_is_ended_nothing_is_left]
    # Makes the images, too, so that no other case waits for them.
    first = lab("--", "true")
    if first.returncode == 3:
        reason = first.stderr.strip().splitlines()[-1]
        print(*[f"skipped: {test.__name__}: {reason}" for test in tests], sep="\n")
        print(f"cases: 0 passed, 0 failed, {len(tests)} skipped")
        return 0
    failed = 0
    for test in tests:
        began = time.monotonic()
        try:
            test()
            print(f"passed: {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAILED: {test.__name__}: {error}", flush=True)
    print(f"cases: {len(tests) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
