#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs one after the other, adds up what their closing lines count, and closes with
# such a line. A program without one counts as a failure.
#   ./dev lab -- tests/lab/suite.sh build/tests/e2e-*
set -uo pipefail

passed=0 failed=0 skipped=0
output=$(mktemp)
for program in "$@"; do
  echo "== ${program##*/}"
  "$program" 2>&1 | tee "$output"
  status=${PIPESTATUS[0]}
  counts=$(sed -n 's/^cases: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' \
    "$output" | tail -n 1)
  read -r p f s <<<"${counts:-0 0 0}"
  if [ -z "$counts" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; }; then
    echo "== ${program##*/}: ended with status $status"
    f=$((f + 1))
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
rm "$output"
echo "cases: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
