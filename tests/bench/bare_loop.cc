// SPDX-License-Identifier: GPL-2.0-only
// The loop of the work type `spin` and nothing of a worker around it: turns until SIGTERM, and says
// how many it did in a second of CPU time.
#include <cstdio>

#include <signal.h>

#include "base/clock.h"
#include "guest/work/worker.h"

namespace {

volatile sig_atomic_t stopped = 0;

}  // namespace

int main() {
  using namespace ktstr;
  constexpr std::uint64_t units = 1024;  // Of an iteration of guest/work/spin.cc.
  ::signal(SIGTERM, [](int) { stopped = 1; });
  const Nanos begin = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  double iterations = 0;
  while (stopped == 0) {
    guest::Worker::spin(units);
    ++iterations;
  }
  const std::chrono::duration<double> time = read_clock(CLOCK_PROCESS_CPUTIME_ID) - begin;
  std::printf("{\"rate\": %.1f}\n", iterations / time.count());
}
