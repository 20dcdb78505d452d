#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Says what it finds of what prepared.yaml asks for, from inside a cgroup beside `a`.
# By one read: the kernel gives a setting no second one.
turn=$(./cat /proc/sys/kernel/sched_rr_timeslice_ms)
IFS=: read -r _ _ own < /proc/self/cgroup
beside=/sys/fs/cgroup${own%/*}/a
read -r _ weight < "$beside/io.weight"
read -r tasks < "$beside/pids.max"
read -r line < /etc/ktstr/note.txt # It has no end of line.
root=0
case $own in /workload.slice/test/*) root=1 ;; esac
echo "{\"turn\": $turn, \"weight\": $weight, \"tasks\": $tasks, \"note\": ${#line}, \"root\": $root}"
