#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs COMMAND in a virtual machine whose /dev/kvm works: an emulated host with AMD-V.

The source tree, what is built of it and the cached kernels are there at the same paths as here.
They can be written to, but nothing comes back: only what COMMAND puts into $KTSTR_LAB_OUT
(a folder, here as there; BUILD/lab-out unless it is set). Its output is passed on as it comes.
There is no network and no standard input.

Exit status: that of COMMAND; 124 if it took too long; 3 if the lab could not run it; 4 bad usage;
130 interrupted.
"""
import argparse
import ctypes
import io
import os
import pathlib
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

import images

BOOT_LIMIT = 180  # Seconds until COMMAND starts, and as many for its results.
RESULTS_SIZE = 16 << 30  # Of a file with holes.
PORTS = ("out", "err", "control")
OPTIONS = ("console=ttyS0 panic=-1 rdinit=/init mitigations=off nokaslr no_timer_check "
           "tsc=reliable cryptomgr.notests audit=0 security=none rcupdate.rcu_expedited=1")


class Broken(Exception):
    """The lab did not do what it is there for."""


def say(*words):
    print("lab:", *words, file=sys.stderr, flush=True)


def seconds(text):
    found = re.fullmatch(r"(\d+)(s|m|h|)", text)
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time such as 90s, 10m or 2h")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


def arguments():
    parser = argparse.ArgumentParser(prog="./dev lab", description=__doc__.split("\n\n")[0],
                                     epilog="\n\n".join(__doc__.split("\n\n")[1:]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda message: (say(message + " (./dev lab --help)"), sys.exit(4))
    parser.add_argument("--cpus", type=int, default=2, metavar="N", help="CPUs of the machine (2)")
    parser.add_argument("--memory", default="4G", metavar="SIZE", help="its memory (4G)")
    parser.add_argument("--timeout", type=seconds, default="10m", metavar="T",
                        help="how long COMMAND may take (10m)")
    parser.add_argument("--build", default="build", metavar="FOLDER",
                        help="the build folder (build)")
    parser.add_argument("--kernel", metavar="FOLDER",
                        help="what the machine boots: an entry of the kernel cache (stock)")
    parser.add_argument("--with", dest="more", action="append", default=[], metavar="PATH",
                        help="a file or program that COMMAND needs from outside the tree")
    parser.add_argument("--console", action="store_true", help="show what the kernel says, too")
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    return parser.parse_args()


def check_machine():
    tools = ["qemu-system-x86_64", "mke2fs", "cpio", "ldd", "strip", "tar", "git", "xz"]
    missing = [tool for tool in tools if not images.which(tool)]
    if missing:
        raise images.Missing(f"not installed: {', '.join(missing)} (./dev setup installs them)")


def job(args, source, build, home, out):
    """What the lab's init is to do: the archive it reads."""
    environment = {name: value for name, value in os.environ.items()
                   if name.startswith("KTSTR_") or name in ("CI", "NO_COLOR", "TERM", "LANG")}
    environment |= {"KTSTR_SOURCE": source, "KTSTR_BUILD": build, "KTSTR_LAB": "1",
                    "KTSTR_LAB_OUT": out, "XDG_CACHE_HOME": home, "HOME": "/root"}
    here = shlex.quote(os.getcwd())
    command = [f"export {name}={shlex.quote(str(value))}" for name, value in environment.items()]
    command += [f"[ -d {here} ] || mkdir -p {here}; cd {here} || exit",
                "exec " + shlex.join(args.command)]
    texts = {"settings": f"timeout={args.timeout}\nout_folder={shlex.quote(str(out))}\n",
             "command": "\n".join(["#!/bin/bash", *command, ""])}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, text in texts.items():
            info = tarfile.TarInfo(name)
            info.mode, info.size = 0o755, len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return archive.getvalue()


def qemu_command(args, kernel, files, disks, ports, console):
    version = subprocess.run(["qemu-system-x86_64", "--version"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    # Older ones lose races with a kernel that patches its own code.
    threads = "multi" if int(re.search(r"version (\d+)", version)[1]) >= 10 else "single"
    image = kernel / "vmlinux"
    line = ["qemu-system-x86_64", "-name", "ktstr-lab", "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot", "-machine", "pc",
            "-accel", f"tcg,tb-size=1024,thread={threads}", "-cpu", "max,+svm,la57=off",
            "-smp", str(args.cpus), "-m", args.memory,
            "-kernel", str(image if image.exists() else kernel / "bzImage"),
            "-initrd", f"/proc/self/fd/{files['boot']}",
            "-append", OPTIONS + ("" if args.console else " quiet"),
            "-chardev", f"socket,id=console,fd={console}", "-device", "isa-serial,chardev=console",
            "-device", "virtio-serial-pci"]
    for name, descriptor in disks.items():
        line += ["-drive", f"if=none,id={name},format=raw,cache=unsafe,file.locking=off,"
                 f"read-only={'off' if name == 'job' else 'on'},file=/proc/self/fd/{descriptor}",
                 "-device", f"virtio-blk-pci,drive={name}"]
    for name, descriptor in ports.items():
        line += ["-chardev", f"socket,id={name},fd={descriptor}",
                 "-device", f"virtserialport,chardev={name},name={name}"]
    return line


def die_with(parent):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


class Machine:
    """A running QEMU and the ends of its wires."""

    def __init__(self, args, kernel, files, results):
        pairs = {name: socket.socketpair() for name in (*PORTS, "console")}
        self.wires = {name: ours for name, (ours, _) in pairs.items()}
        theirs = {name: end.fileno() for name, (_, end) in pairs.items()}
        disks = {"tree": files["tree"], "kernels": files["kernels"], "system": files["system"],
                 "job": results}
        console = theirs.pop("console")
        parent = os.getpid()
        self.process = subprocess.Popen(
            qemu_command(args, kernel, files, disks, theirs, console), stdin=subprocess.DEVNULL,
            pass_fds=[*disks.values(), files["boot"], *theirs.values(), console],
            preexec_fn=lambda: die_with(parent), start_new_session=True)
        for _, end in pairs.values():
            end.close()
        self.said = b""
        self.counts = {"out": 0, "err": 0}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def last_words(self):
        text = self.said.decode(errors="replace").strip().splitlines()[-30:]
        return "".join(f"\n    {line}" for line in text)

    def run(self, args):
        """Passes output on until all of it came; returns the status and the number of results."""
        deadline = time.monotonic() + 2 * BOOT_LIMIT + args.timeout
        control = b""
        wanted = None
        with selectors.DefaultSelector() as selector:
            for name, wire in self.wires.items():
                selector.register(wire, selectors.EVENT_READ, name)
            while wanted is None or any(self.counts[n] < wanted[n] for n in self.counts):
                ready = selector.select(max(0, deadline - time.monotonic()))
                if not ready or time.monotonic() > deadline:
                    raise Broken(f"it did not end in time; the console's end:{self.last_words()}")
                for key, _ in ready:
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        raise Broken(f"the machine died; the console's end:{self.last_words()}")
                    if key.data == "control":
                        control += data
                    elif key.data == "console":
                        self.said = (self.said + data)[-(1 << 16):]
                        if args.console:
                            write_all(2, data)
                    else:
                        self.counts[key.data] += len(data)
                        write_all(1 if key.data == "out" else 2, data)
                if wanted is None and b"\n" in control:
                    words = control.decode(errors="replace").split()
                    if words[0] != "status" or len(words) != 5:
                        raise Broken(" ".join(words) + self.last_words())
                    wanted = {"out": int(words[2]), "err": int(words[3])}
        return int(words[1]), int(words[4])


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def fetch_results(results, out):
    os.lseek(results, 0, os.SEEK_SET)
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-xf", f"/proc/self/fd/{results}", "--no-same-owner", "-C", str(out)],
                   check=True, pass_fds=[results])
    say(f"what it left is in {out}")


def run(args):
    began = time.monotonic()
    check_machine()
    source = pathlib.Path(__file__).resolve().parents[2]
    build = (source / args.build).resolve()
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    out = pathlib.Path(os.environ.get("KTSTR_LAB_OUT") or build / "lab-out").absolute()
    cached = home / "ktstr/kernels"
    kernel = pathlib.Path(args.kernel or cached / "stock").resolve()
    if not (kernel / "modules/modules.dep").exists():
        raise images.Missing(f"{kernel} is no kernel with modules: `ktstr kernel fetch` brings one")

    program = shutil.which(args.command[0])
    if program and args.command[0] not in images.COMMANDS:
        args.more.append(program)
    cache = images.Cache(home / "ktstr/lab")
    files = {"system": images.system(cache), "kernels": images.kernels(cache, cached),
             "boot": images.boot(cache, kernel),
             "tree": images.tree(cache, source, build, map(os.path.abspath, args.more))}
    results = os.open(home / "ktstr/lab", os.O_TMPFILE | os.O_RDWR, 0o600)
    cache.close()
    os.write(results, job(args, source, build, home, out))
    os.ftruncate(results, RESULTS_SIZE)

    made = time.monotonic()
    machine = Machine(args, kernel, files, results)
    try:
        status, left = machine.run(args)
    finally:
        machine.kill()
    if left:
        fetch_results(results, out)
    say(f"status {status}; images {made - began:.1f} s, machine {time.monotonic() - made:.1f} s")
    return status


def interrupted(number, _):
    raise KeyboardInterrupt(128 + number)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    args = arguments()
    try:
        sys.exit(run(args))
    except (images.Missing, Broken, OSError, subprocess.CalledProcessError) as error:
        say(error)
        sys.exit(3)
    except KeyboardInterrupt as error:
        sys.exit(error.args[0])


if __name__ == "__main__":
    main()
