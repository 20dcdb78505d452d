#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# all_must_fail.sh BINARY: each case of the effect tests, linked with spinning bodies, fails by
# itself, except those tagged [spin], which pass. Says so case by case.
binary=$1
passed=0
failed=0
list=$("$binary" --list-tests --verbosity quiet '~[spin]') || exit 1
spins=$("$binary" --list-tests --verbosity quiet '[spin]') || exit 1

run() { "$binary" "$(printf '%s' "$1" | sed 's/,/\\,/g')" > /dev/null 2>&1; }

while IFS= read -r name; do
  if run "$name"; then
    echo "NOT NOTICED: $name"
    failed=$((failed + 1))
  else
    echo "fails, as it must: $name"
    passed=$((passed + 1))
  fi
done <<LIST
$list
LIST
while IFS= read -r name; do
  if run "$name"; then
    echo "passes, as it must: $name"
    passed=$((passed + 1))
  else
    echo "FAILS: $name"
    failed=$((failed + 1))
  fi
done <<LIST
$spins
LIST
echo "cases: $passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 8 ]
