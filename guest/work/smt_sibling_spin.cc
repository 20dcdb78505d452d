// SPDX-License-Identifier: GPL-2.0-only
// The word of a worker is the number of rounds it has done.
#include "guest/work/worker.h"

namespace ktstr::guest {

template <>
void run_work(const ir::SmtSiblingSpin&, Worker& worker) {
  constexpr std::uint64_t units = 16;
  constexpr std::uint32_t pauses_between_looks = 256;
  const std::atomic<std::uint32_t>& partner = worker.group().peer(1 - worker.index()).word;
  for (std::uint32_t round = 1; !worker.stopping(); ++round) {
    worker.spin(units);
    worker.self().word.store(round, std::memory_order_release);
    // Of two that are in step one may be a round ahead.
    for (std::uint32_t pauses = 1; static_cast<std::int32_t>(partner.load() - round) < 0;
         ++pauses) {
      Worker::relax();
      if (pauses % pauses_between_looks != 0) continue;
      worker.checkpoint();
      if (worker.stopping()) return;
    }
    worker.iterate(units);
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
