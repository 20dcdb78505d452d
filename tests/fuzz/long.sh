#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every fuzzer of a build for some time, side by side, from another seed than the suite's.
#   tests/fuzz/long.sh BUILD SECONDS [NAME...]
# An input that ends a fuzzer is kept in BUILD/fuzz-NAME/crash-input.
set -uo pipefail

build=$(realpath "$1") seconds=$2 source=$(realpath "$(dirname "$0")")
shift 2
[ $# != 0 ] || set -- $(cd "$build/tests/fuzz" && ls | sed -n 's/^fuzz-\([a-z_]*\)$/\1/p')

# Each with its corpus, as the suite has it.
run_one() {
  local name=$1 corpus=
  [ ! -d "$source/corpus/$name" ] || corpus=$source/corpus/$name
  mkdir -p "$build/fuzz-$name" && cd "$build/fuzz-$name" || return
  "$build/tests/fuzz/fuzz-$name" --seconds="$seconds" --seed="$((RANDOM + 2))" $corpus >log 2>&1
  local status=$?
  [ $status = 0 ] && echo "$name: $(sed -n 's/^fuzz: //p' log)" && return
  echo "FAILED: $name: status $status, input in $PWD/crash-input"
  tail -n 20 log
}
export -f run_one
export build seconds source

results=$(printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c 'run_one {}')
echo "$results"
failed=$(grep -c '^FAILED' <<<"$results")
echo "cases: $(($# - failed)) passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
