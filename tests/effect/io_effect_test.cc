// SPDX-License-Identifier: GPL-2.0-only
// Work on storage moves the bytes it says it moves, by as many system calls, and times each. Here
// it goes to a temporary file; scenarios/truth/disk.yaml goes to a disk.
#include <cmath>

#include "trial.h"

namespace {

using namespace ktstr;

constexpr double block = 4096;
constexpr ir::MetricId requests = ir::metric("request_latency");

/// What the kernel counted for a worker and what it recorded itself, over the same time.
struct Io {
  double read;
  double written;
  double reads;
  double writes;
  double requests;
};

Io seen_of(const Trial& trial) {
  return {.read = trial.of_proc(0, "io", "rchar:"),
          .written = trial.of_proc(0, "io", "wchar:"),
          .reads = trial.of_proc(0, "io", "syscr:"),
          .writes = trial.of_proc(0, "io", "syscw:"),
          .requests = trial.recordings(0, requests)};
}

/// From the beginning on, the worker halted.
Io after(Trial& trial, Nanos time) {
  trial.run(time);
  trial.halt();
  return seen_of(trial);
}

TEST_CASE("io_sync_write writes 16 blocks of 4 KiB in an iteration") {
  Trial trial(ir::IoSyncWrite{}, 1, 0);
  const Io seen = after(trial, 800ms);
  const double iterations = trial.halt()[0];
  CHECK(seen.writes >= 16 * iterations);
  CHECK(seen.writes <= 16 * (iterations + 1));
  CHECK(seen.written == block * seen.writes);
  CHECK(std::abs(seen.requests - seen.writes) <= 1);
  CHECK(iterations > 1);
}

TEST_CASE("io_rand_read reads one block of 4 KiB in an iteration") {
  Trial trial(ir::IoRandRead{}, 1, 0);
  const double before = seen_of(trial).reads;  // What the process read when it began.
  const double done = trial.run(500ms)[0].iterations;
  trial.halt();
  const Io seen = seen_of(trial);
  CHECK(seen.reads - before >= done - 1);
  CHECK(std::abs(seen.requests - trial.halt()[0]) <= 1);
  CHECK(seen.read >= block * done);
  CHECK(done > 20);
}

TEST_CASE("io_convoy writes as many blocks as it reads") {
  Trial trial(ir::IoConvoy{}, 1, 0);
  const Io seen = after(trial, 800ms);
  const double iterations = trial.halt()[0];
  CHECK(std::abs(seen.writes - iterations) <= 1);
  CHECK(seen.written == block * seen.writes);
  CHECK(seen.read >= block * iterations);
  CHECK(std::abs(seen.requests - 2 * iterations) <= 2);
  CHECK(iterations > 10);
}

}  // namespace
