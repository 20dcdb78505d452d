# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# What `./dev test --full` runs beyond `./dev test`; sourced by it. Every stage is a function
# `stage_NAME COUNTS`, which appends `passed failed skipped` to the file COUNTS. What passed at this
# commit is not run again: it has left its counts under the commit's name, so the whole can be done
# in pieces, `./dev test --full STAGE...` being some of them.

full_stages=(asan tsan mutants property fuzz lab kernel library)

# counted TITLE COUNTS COMMAND...: a stage whose command closes with a line of counts.
counted() {
  local title=$1 counts=$2
  shift 2
  stage "$title" "$@" || true # Judged by the counts.
  python3 .ci/summary.py line "$(log_of "$title")" "$title" "$counts"
}

# Another compiler, and under its sanitizers, which nothing static can have: there is no guest. Not
# optimised, as they take a minute to optimise some files.
build_asan() {
  CC=clang-$clang CXX=clang++-$clang build build-asan -Db_sanitize=address,undefined \
    -Db_lundef=false -Doptimization=0
}

stage_asan() {
  build_asan
  patience=10 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 run_suites build-asan "$1" \
    architecture unit property diagnostics golden effect fuzz
}

# What has threads: the monitor, the devices, everything that runs side by side.
stage_tsan() {
  local programs
  [ -f build-tsan/build.ninja ] ||
    stage "configure build-tsan" meson setup build-tsan -Db_sanitize=thread -Db_lundef=false
  programs=$(ninja -C build-tsan -t targets all |
    sed -n 's|^\(tests/unit-\(vmm\|base\|run\|cli\)[a-z_]*\): .*|\1|p')
  # shellcheck disable=SC2086
  stage "build build-tsan" ninja -C build-tsan $programs || die "the build with TSan failed"
  export KTSTR_SOURCE=$top KTSTR_BUILD=$top/build-tsan TSAN_OPTIONS=halt_on_error=1
  # shellcheck disable=SC2046
  counted "tsan: unit" "$1" tests/lab/suite.sh $(printf 'build-tsan/%s ' $programs)
}

stage_mutants() {
  local table
  ready
  for table in tests/mutants/*.toml; do
    counted "mutants: $(basename "$table" .toml)" "$1" tests/mutants/run.py build "$table"
  done
}

# Random scenarios on the way to the guest, in numbers that find what is rare.
stage_property() {
  ready
  export KTSTR_PROPERTY_COUNT=100000
  counted "property: $KTSTR_PROPERTY_COUNT of each" "$1" \
    tests/lab/suite.sh build/tests/property-parse build/tests/property-pipeline
  unset KTSTR_PROPERTY_COUNT
}

# Ten minutes for each fuzzer under ASan, as many at a time as there are CPUs.
stage_fuzz() {
  build_asan
  counted "fuzz: ${KTSTR_FUZZ_SECONDS:-600} s each" "$1" \
    tests/fuzz/long.sh build-asan "${KTSTR_FUZZ_SECONDS:-600}"
}

# Our KVM monitor with tiny guests and with real kernels, in the KVM lab; the large machines take minutes each.
stage_lab() {
  ready
  export KTSTR_ACCEL=kvm
  counted "lab: machines" "$1" .ci/lab/lab.py --cpus 4 --timeout 60m -- \
    tests/lab/suite.sh build/tests/unit-vmm_kvm build/tests/unit-vmm_kvm_guests \
    build/tests/unit-vmm_kvm_probe build/tests/e2e-machine build/tests/e2e-shapes \
    build/tests/e2e-faults build/tests/e2e-verdicts
  counted "lab: large machines" "$1" .ci/lab/lab.py --cpus 4 --memory 12G --timeout 60m -- \
    build/tests/e2e-shapes '[large]'
  unset KTSTR_ACCEL
}

# A kernel of our own, for real, and scenarios on it: each a test.
stage_kernel() {
  local name
  ready
  if ! name=$(build/src/cli/ktstr kernel build --package linux-source-6.12); then
    echo 0 1 0 >>"$1"
  elif stage "scenarios on $name" build/src/cli/ktstr-run scenarios/quickstart --kernel "$name"; then
    echo 2 0 0 >>"$1"
  else
    echo 1 1 0 >>"$1"
  fi
}

# Every scenario that is shipped, folder by folder. To note it: tests/tables/tested.py enter.
stage_library() {
  local folder name result
  ready
  for folder in scenarios/*/; do
    name=$(basename "$folder")
    result=$logs/library-$name.json
    stage "scenarios: $name" build/src/cli/ktstr-run scenarios --filter "$name/**" \
      --json "$result" || true # Judged by the counts.
    counted "counts: $name" "$1" tests/tables/tested.py counts "$result"
  done
}

# The tree is exactly this commit.
tree_is() { [ "$(git rev-parse HEAD)$(git status --porcelain)" = "$1" ]; }

check_stages() {
  local name
  for name in "$@"; do
    [[ " ${full_stages[*]} " == *" $name "* ]] ||
      die "there is no stage '$name' of --full; they are: ${full_stages[*]}"
  done
}

# full_test COUNTS STAGES...
full_test() {
  local name passed commit counts=$1
  shift
  [ $# != 0 ] || set -- "${full_stages[@]}"
  commit=$(git rev-parse HEAD)
  mkdir -p "$cache/passed/$commit"
  for name in "$@"; do
    passed=$cache/passed/$commit/$name
    if ! tree_is "$commit" || [ ! -f "$passed" ]; then
      : >"$logs/counts-$name"
      "stage_$name" "$logs/counts-$name"
      cat "$logs/counts-$name" >>"$counts"
      ! tree_is "$commit" || grep -q ' [1-9][0-9]* [0-9]*$' "$logs/counts-$name" ||
        cp "$logs/counts-$name" "$passed"
    else
      say "==> $name: passed before at commit ${commit:0:12}"
      cat "$passed" >>"$counts"
    fi
  done
}
