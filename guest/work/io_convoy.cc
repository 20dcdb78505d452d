// SPDX-License-Identifier: GPL-2.0-only
#include <random>

#include <fcntl.h>

#include "guest/work/scratch.h"
#include "ir/work/io.h"

namespace ktstr::guest {

template <>
void run_work(const ir::IoConvoy&, Worker& worker) {
  constexpr std::uint64_t between_syncs = 8;
  Scratch scratch(worker, O_DIRECT);
  std::mt19937_64 random(worker.surroundings().seed);
  for (std::uint64_t turn = 0; !worker.stopping(); ++turn) {
    scratch.write(scratch.first() + turn);
    scratch.read(random());
    worker.iterate(2);
    if (turn % between_syncs == between_syncs - 1) scratch.sync();
  }
}

}  // namespace ktstr::guest
