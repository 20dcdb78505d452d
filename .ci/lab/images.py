# SPDX-License-Identifier: GPL-2.0-only
"""What goes into the lab, as file system images that are made once for each content.

Every image holds files at the paths they have here, so that laid over each other they are a root
file system: `system` the commands a test may call, `kernels` the kernel cache, `tree` the sources
and what is built. Programs bring their shared libraries along. Images appear by rename, under a
lock; names carry a hash of the path, size and time of everything that was put in.
"""
import concurrent.futures
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

KEPT = 6  # Images of one kind: a few work trees, each with its last states.
COMMANDS = """
  awk basename bash cat chmod chown chrt cmp comm cp cpio cut date dd df diff dirname dmesg du
  echo egrep env expr false find flock free gawk getconf grep gzip head hostname iasl id insmod
  install ip kill kmod ldd ln ls lscpu lsmod mawk mkdir mkfifo mktemp modinfo modprobe mount
  mountpoint mv nice nl nproc numactl od paste pgrep pkill poweroff printf prlimit ps pwd readlink
  realpath renice rm rmdir rmmod sed seq setpriv setsid sh sha256sum sleep sort split stat stdbuf
  strace stty sync tac tail tar taskset tee test time timeout top touch tr true truncate tty
  umount uname uniq unshare uptime vmstat wc which whoami xargs xxd xz yes zstd
""".split()
FILES = ["/etc/passwd", "/etc/group", "/etc/os-release", "/etc/nsswitch.conf", "/etc/ld.so.cache",
         "/usr/share/qemu", "/usr/share/seabios"]
EARLY_FOLDERS = "proc sys dev run root upper layers/vda layers/vdb layers/vdc".split()
EARLY_COMMANDS = ["sh", "mount", "mkdir", "insmod", "switch_root"]
# In the order of loading; each is preceded by what modules.dep says it needs.
MODULES = {"root": ["virtio_pci", "virtio_blk", "virtio_console", "ext4", "overlay"],
           "kvm": ["kvm_amd"]}
FSTAB = """
devpts   /dev/pts           devpts   defaults
shm      /dev/shm           tmpfs    defaults
cgroup2  /sys/fs/cgroup     cgroup2  defaults
bpf      /sys/fs/bpf        bpf      defaults
debugfs  /sys/kernel/debug  debugfs  defaults
"""
DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
HERE = pathlib.Path(__file__).resolve().parent


class Missing(Exception):
    """Something that the machine must have, and what to do about it."""


def which(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def is_program(path):
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:] != b"\1\0"  # No object file.


def closure(paths):
    """`paths` and the libraries and loaders of the programs among them."""
    programs = [p for p in paths if is_program(p)]
    out = subprocess.run(["ldd", *programs], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         text=True, check=False).stdout if programs else ""
    return list(paths) + sorted(set(re.findall(r"^\t(?:.* => )?(/\S+) \(0x", out, re.M)))


def copy_stripped(path, target):
    """Debugging information is most of a program, and of no use to who runs it."""
    subprocess.run(["strip", "-g", "-o", target, path], check=True)


class Staging:
    """A folder that becomes the root of an image."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def at(self, path):
        return self.root / pathlib.Path(path).relative_to("/")

    def put(self, path, copy=shutil.copy2):
        """`path` with every symbolic link on the way and where it leads, and all of a folder."""
        here = pathlib.Path("/")
        parts = pathlib.Path(path).parts[1:]
        for i, part in enumerate(parts):
            here /= part
            inside = self.at(here)
            if here.is_symlink():
                target = os.readlink(here)
                if not inside.is_symlink():
                    inside.symlink_to(target)
                self.put(os.path.normpath(here.parent.joinpath(target, *parts[i + 1:])), copy)
                return
            if here.is_dir():
                inside.mkdir(exist_ok=True)
            elif here.is_file() and not inside.exists():
                copy(here, inside)
        if here.is_dir():
            for child in here.iterdir():
                self.put(child, copy)

    def write_ext4(self, image):
        size, count = 0, 0
        for folder, folders, files in os.walk(self.root):
            count += len(folders) + len(files)
            size += sum(os.lstat(os.path.join(folder, f)).st_size + 4096 for f in files)
        size = (size + 4096 * count) * 21 // 20 + (16 << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0",
                        "-O", "^has_journal,^resize_inode", "-N", str(count + 64),
                        "-d", str(self.root), str(image), f"{size >> 10}k"],
                       stdout=subprocess.DEVNULL, check=True,
                       env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})

    def write_cpio(self, image):
        names = subprocess.run(["find", ".", "-mindepth", "1", "-print0"], cwd=self.root,
                               stdout=subprocess.PIPE, check=True).stdout
        with open(image, "wb") as file:
            subprocess.run(["cpio", "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"],
                           cwd=self.root, input=names, stdout=file, check=True)


def mark_of(path):
    """Changes when the file does."""
    path = pathlib.Path(path)
    if path.parent == HERE:  # Another work tree's are as good if they are the same.
        return f"{path.name}\0{path.read_text()}"
    link = os.readlink(path) if path.is_symlink() else ""
    at = path.stat() if path.exists() else path.lstat()
    return f"{path}\0{link}\0{at.st_size}\0{at.st_mtime_ns}"


class Cache:
    """A folder of images; held exclusively while it is open."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.folder / ".lock", "w", encoding="utf-8")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("lab: waiting for another that makes images", file=sys.stderr)
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.staging = self.folder / ".staging"
        shutil.rmtree(self.staging, ignore_errors=True)

    def get(self, kind, inputs, make):
        """The open image of `kind` for these files; `make` fills a staging folder and writes it."""
        digest = hashlib.sha256("\n".join(sorted(map(mark_of, inputs))).encode())
        image = self.folder / f"{kind}-{digest.hexdigest()[:20]}.img"
        if not image.exists():
            print(f"lab: making the image `{kind}`", file=sys.stderr)
            self.staging.mkdir()
            root = self.staging / "root"
            root.mkdir()
            make(Staging(root), self.staging / "image")
            os.rename(self.staging / "image", image)
            shutil.rmtree(self.staging)
        os.utime(image)
        images = sorted(self.folder.glob(f"{kind}-*.img"), key=lambda p: p.stat().st_mtime)
        for old in images[:-KEPT]:
            old.unlink()
        return os.open(image, os.O_RDONLY)

    def close(self):
        self.lock.close()


def system(cache):
    files = [p for p in map(which, COMMANDS) if p] + [p for p in FILES if os.path.lexists(p)]
    files += filter(None, [which("qemu-system-x86_64")])

    def make(staging, image):
        for path in closure(files):
            staging.put(path)
        lab = staging.root / "lab"
        for folder in ["proc", "sys", "run", "tmp", "root", "dev", "lab/dev"]:
            (staging.root / folder).mkdir(parents=True, exist_ok=True)
        (staging.root / "tmp").chmod(0o1777)
        shutil.copy2(HERE / "init.sh", lab / "init")
        (lab / "fstab").write_text(FSTAB)
        for name, target in DEVICE_LINKS.items():
            (lab / "dev" / name).symlink_to(target)
        staging.write_ext4(image)

    return cache.get("system", files + [HERE / "init.sh", HERE / "images.py"], make)


def files_of(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]


def kernels(cache, folder):
    # What is hidden is on its way in, but for the images that were unpacked.
    entries = [p for p in folder.iterdir() if not p.name.startswith(".") or p.name == ".extracted"]
    links = [p for p in entries if p.is_symlink()]
    files = [path for p in entries if p not in links for path in files_of(p)]

    def make(staging, image):
        for path in files + links:
            staging.put(path)
        staging.write_ext4(image)

    return cache.get("kernels", files + links, make)


def built_files(build):
    """What is built to be used: no object files, libraries of them or notes of the build system."""
    for at, folders, files in os.walk(build):
        folders[:] = [d for d in folders if d not in ("subprojects", "lab-out")
                      and not d.endswith(".p") and not d.startswith(("meson-", "."))]
        for name in files:
            path = os.path.join(at, name)
            if not name.startswith(".") and not name.endswith((".a", ".ninja", ".json", ".txt")):
                yield path


def tree(cache, source, build, more):
    listed = subprocess.run(["git", "-C", str(source), "ls-files", "-zco", "--exclude-standard"],
                            stdout=subprocess.PIPE, check=True, text=True).stdout
    files = [os.path.join(source, name) for name in listed.split("\0") if name]
    files = [path for path in files if os.path.lexists(path)]
    programs = sorted({*built_files(build), *(file for path in more for file in files_of(path))})

    def make(staging, image):
        built = {path for path in programs if is_program(path)}
        for path in files + [path for path in closure(programs) if path not in built]:
            staging.put(path)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda path: staging.put(path, copy_stripped), sorted(built)))
        staging.write_ext4(image)

    return cache.get("tree", files + programs, make)


def modules_of(kernel, names):
    """The module files for these modules, in the order of loading."""
    folder = kernel / "modules"
    needs = dict(line.split(":") for line in (folder / "modules.dep").read_text().splitlines())
    by_name = {pathlib.Path(p).name.split(".ko")[0].replace("-", "_"): p for p in needs}
    built_in = (folder / "modules.builtin").read_text().replace("-", "_")
    wanted = []
    for name in names:
        if name in by_name:
            path = by_name[name]
            wanted += [*reversed(needs[path].split()), path]
        elif f"/{name}.ko" not in built_in:
            raise Missing(f"the kernel {kernel} has no module {name}: the lab needs another kernel")
    return [folder / path for path in dict.fromkeys(wanted)]


def unpack(path, target):
    """A module as insmod takes it from any kernel."""
    tool = {".xz": "xz", ".zst": "zstd", ".gz": "gzip"}.get(path.suffix)
    with open(target, "wb") as file:
        subprocess.run([tool, "-dc", path] if tool else ["cat", path], stdout=file, check=True)


def boot(cache, kernel):
    commands = [which(name) for name in EARLY_COMMANDS]
    modules = {group: modules_of(kernel, names) for group, names in MODULES.items()}

    def make(staging, image):
        for path in closure(commands):
            staging.put(path)
        shutil.copy2(HERE / "early.sh", staging.root / "init")
        for name in EARLY_FOLDERS:
            (staging.root / name).mkdir(parents=True, exist_ok=True)
        for group, paths in modules.items():
            folder = staging.root / "modules" / group
            folder.mkdir(parents=True)
            for i, path in enumerate(paths):
                unpack(path, folder / f"{i:02}-{path.name.split('.ko')[0]}.ko")
        staging.write_cpio(image)

    inputs = [*commands, *sum(modules.values(), []), HERE / "early.sh", HERE / "images.py"]
    return cache.get("boot", inputs, make)
