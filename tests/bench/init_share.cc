// SPDX-License-Identifier: GPL-2.0-only
// Sleeps until SIGTERM, and says what part of one CPU process 1, with all its threads, had
// meanwhile.
#include <cstdio>

#include <signal.h>

#include "base/clock.h"

int main() {
  using namespace ktstr;
  clockid_t init = 0;
  if (::clock_getcpuclockid(1, &init) != 0) return 1;
  sigset_t end;
  ::sigemptyset(&end);
  ::sigaddset(&end, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &end, nullptr);

  const Nanos begin = monotonic_now(), init_begin = read_clock(init);
  int signal = 0;
  ::sigwait(&end, &signal);
  const std::chrono::duration<double> had = read_clock(init) - init_begin,
                                      time = monotonic_now() - begin;
  std::printf("{\"share\": %.6f}\n", had / time);
}
