// SPDX-License-Identifier: GPL-2.0-only
#include <random>

#include <fcntl.h>

#include "guest/work/scratch.h"
#include "ir/work/io.h"

namespace ktstr::guest {

template <>
void run_work(const ir::IoRandRead&, Worker& worker) {
  Scratch scratch(worker, O_DIRECT);
  std::mt19937_64 random(worker.surroundings().seed);
  while (!worker.stopping()) {
    scratch.read(random());
    worker.iterate(1);
  }
}

}  // namespace ktstr::guest
