// SPDX-License-Identifier: GPL-2.0-only
#include <sys/syscall.h>

#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/work/worker.h"

namespace ktstr::guest {
namespace {

/// Whom the handler counts for.
Worker* receiver = nullptr;

void take_signals(Worker& worker) {
  receiver = &worker;
  struct sigaction take {};
  take.sa_handler = [](int) { receiver->count(slot(ir::metric("signals")), 1); };
  take.sa_flags = SA_RESTART;
  if (::sigaction(SIGUSR2, &take, nullptr) != 0) worker.fail_errno("handle SIGUSR2");
}

/// A descriptor of the partner, so that no process that gets its number later gets its signals.
Fd open_partner(Worker& worker) {
  const pid_t tid = worker.group().peer(1 - worker.index()).tid.load();
  return Fd(tid == 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, tid, 0)));
}

}  // namespace

template <>
void run_work(const ir::SignalStorm& storm, Worker& worker) {
  const std::uint64_t units = natural(storm.work_iters);
  const std::uint32_t signals = natural(storm.signals_per_iter);
  take_signals(worker);
  Fd partner;
  while (!worker.stopping()) {
    worker.spin(units);
    if (!partner) partner = open_partner(worker);
    for (std::uint32_t i = 0; partner && i < signals; ++i)
      ::syscall(SYS_pidfd_send_signal, partner.get(), SIGUSR2, nullptr, 0);
    if (partner) worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
