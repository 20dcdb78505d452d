#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Counts the processes that are called as its first argument, and those of them that are the user
# and in the group of its second.
named=0 users=0 groups=0
for process in /proc/[0-9]*; do
  read -r name 2> /dev/null < "$process/comm" || continue
  [ "$name" = "$1" ] || continue
  named=$((named + 1))
  while read -r key id _; do
    case $key in
      Uid:) [ "$id" = "$2" ] && users=$((users + 1)) ;;
      Gid:) [ "$id" = "$2" ] && groups=$((groups + 1)) ;;
    esac
  done < "$process/status"
done
echo "{\"named\": $named, \"users\": $users, \"groups\": $groups}"
