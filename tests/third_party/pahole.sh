#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A newer pahole than the distribution's, from Debian's next release, with the libraries it was linked
# against, unpacked into a directory; nothing is installed:
#
#   tests/third_party/pahole.sh DIRECTORY
#   PATH=DIRECTORY/bin:$PATH ktstr kernel build --package linux-source-7.3
set -eu

[ $# = 1 ] || {
  echo "usage: pahole.sh DIRECTORY" >&2
  exit 1
}
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1/bin" "$1/packages"
directory=$(cd "$1" && pwd)
sh "$top/src/kernel/private-apt.sh" download trixie "$directory/packages" pahole libdw1t64 libelf1t64 \
  libbpf1 libc6 zlib1g libzstd1 liblzma5 libbz2-1.0 >/dev/null
for package in "$directory"/packages/*.deb; do
  dpkg-deb -x "$package" "$directory/root"
done
rm -rf "$directory/packages"
# Its C library is newer than the system's, so it brings its own loader, too.
cat >"$directory/bin/pahole" <<RUN
#!/bin/sh
exec '$directory/root/usr/lib64/ld-linux-x86-64.so.2' \\
  --library-path '$directory/root/usr/lib/x86_64-linux-gnu' '$directory/root/usr/bin/pahole' "\$@"
RUN
chmod +x "$directory/bin/pahole"
echo "$directory/bin/pahole $("$directory/bin/pahole" --version)"
