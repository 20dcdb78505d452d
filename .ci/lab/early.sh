#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The initramfs of the lab: loads the drivers, lays the images over each other with a file system
# in memory on top, so that everything can be written to and nothing is kept, and starts the lab's
# init. Starting a program takes 50 ms there: as few as possible.
set -eu

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run

# In the order of their numbers, which is that of their dependencies.
load() {
  for module in "$@"; do
    insmod "$module" || echo "lab: ${module##*/} does not load"
  done
}
load /modules/kvm/*.ko & # A second's work, meanwhile.
load /modules/root/*.ko

for disk in vda vdb vdc; do
  mount -t ext4 -o ro /dev/$disk /layers/$disk
done
mount -t tmpfs -o size=75% upper /upper
mkdir /upper/data /upper/work
mount -t overlay root /root -o \
  lowerdir=/layers/vda:/layers/vdb:/layers/vdc,upperdir=/upper/data,workdir=/upper/work
wait
exec switch_root /root /lab/init 2>/dev/null # It cannot remove /layers, and says so.
