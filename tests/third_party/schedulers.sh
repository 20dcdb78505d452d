#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the schedulers of a kernel's own tools/sched_ext for a cached kernel, from the distribution's
# source package of the same version:
#
#   tests/third_party/schedulers.sh KERNEL DIRECTORY
#
# KERNEL is a name that `ktstr kernel list` shows; the programs (scx_simple, scx_qmap, …) go to
# DIRECTORY. Takes make, gcc, clang 16 or later ($CLANG names another), libelf-dev and zlib1g-dev.
set -eu

die() {
  echo "schedulers.sh: $*" >&2
  exit 1
}

[ $# = 2 ] || die "usage: schedulers.sh KERNEL DIRECTORY"
top=$(cd "$(dirname "$0")/../.." && pwd)
kernels=${XDG_CACHE_HOME:-$HOME/.cache}/ktstr/kernels
kernel=$(readlink -f "$kernels/$1")
clang=${CLANG:-clang-16}
command -v "$clang" >/dev/null || die "there is no $clang: set CLANG"
[ -f "$kernel/vmlinux" ] || die "no kernel $1 is cached; \`ktstr kernel list\` shows those that are"
version=$(sed -n 's|^# Linux/[a-z0-9_]* \([0-9]*\.[0-9]*\).*|\1|p' "$kernel/config" | head -n 1)
[ -n "$version" ] || die "the configuration of $1 does not tell its version"
mkdir -p "$2"
directory=$(cd "$2" && pwd)
package=linux-source-$version

scratch=$(mktemp -d -p "$directory" .build.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# What `ktstr kernel build --package` left is as good.
deb=$(ls "$kernels/.sources/${package}_"*.deb 2>/dev/null | head -n 1 || true)
for suite in system trixie-backports; do
  [ -z "$deb" ] || break
  deb=$(sh "$top/src/kernel/private-apt.sh" download $suite "$scratch" "$package") || deb=
done
[ -n "$deb" ] || die "no $package to be had"
echo "building from ${deb##*/} for $1"

# The tools, and what of the kernel they include; the rest is most of the tree.
dpkg-deb --fsys-tarfile "$deb" | tar -xO "./usr/src/$package.tar.xz" |
  tar -xJ -C "$scratch" --strip-components=1 --exclude='*/drivers/*' --exclude='*/sound/*' \
    --exclude='*/Documentation/*' --exclude='*/fs/*' --exclude='*/net/*/*'

mkdir "$scratch/out"
make -C "$scratch/tools/sched_ext" -j"$(nproc)" O="$scratch/out" VMLINUX_BTF="$kernel/vmlinux" \
  CLANG="$clang" >"$scratch/log" 2>&1 || {
  tail -n 30 "$scratch/log" >&2
  die "the build failed; its last lines stand above"
}
for program in "$scratch"/out/build/bin/scx_*; do
  strip -o "$directory/${program##*/}" "$program"
  echo "$directory/${program##*/}"
done
