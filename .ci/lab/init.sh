#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# PID 1 of the lab. The job comes as a tar archive on the last disk, and so do its results go. Its
# output and, on a line, its status go through virtio-serial ports: 1 standard output, 2 standard
# error, 3 control. The status line says how many bytes the other two were given, as each port has a
# queue of its own, and how many results there are.
set -u
exec 2>/dev/console
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

mkdir -p /dev/pts /dev/shm /var/tmp
mount -a -T /lab/fstab
cp -a /lab/dev/. /dev/
echo ktstr-lab >/proc/sys/kernel/hostname
ip link set lo up &

# Says how it ended; the host ends the machine then.
finish() {
  echo "$*" >/dev/vport0p3
  sleep 60
  poweroff -f
}

# The emulator forgets one small page where a guest gives up a large one. Under large pages of ours
# that is the same, and guests of many vCPUs do not die of stale addresses.
echo always >/sys/kernel/mm/transparent_hugepage/enabled
echo force >/sys/kernel/mm/transparent_hugepage/shmem_enabled

chmod 666 /dev/kvm || finish "broken: there is no /dev/kvm"
disk=/dev/vdd
job=/run/job
mkdir $job
tar -xf $disk -C $job && . $job/settings || finish "broken: the job cannot be read"
[ -d "$out_folder" ] || mkdir -p "$out_folder"

# pass_on NAME PORT: sends what comes through a pipe as it comes, and then knows how much it was.
pass_on() { dd if=/run/$1 bs=64k of=/dev/$2 2>/run/$1.count & }
bytes() {
  local lines
  mapfile -t lines </run/$1.count
  echo "${lines[-1]%% *}"
}
mkfifo /run/out /run/err
pass_on out vport0p1
out=$!
pass_on err vport0p2
err=$!

timeout --verbose --kill-after=5 "$timeout" $job/command </dev/null >/run/out 2>/run/err
status=$?
# Whatever it left behind still holds the pipes.
kill -STOP -1
for process in /proc/[0-9]*; do
  case ${process#/proc/} in
    1 | $out | $err) ;;
    *) kill -KILL ${process#/proc/} ;;
  esac
done
kill -CONT $out $err
wait $out $err
shopt -s nullglob dotglob
results=("$out_folder"/*)
[ ${#results[@]} = 0 ] || { tar -cf $disk -C "$out_folder" . && sync $disk; }
finish "status $status $(bytes out) $(bytes err) ${#results[@]}"
