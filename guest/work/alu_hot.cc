// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/alu.h"

namespace ktstr::guest {

template <>
void run_work(const ir::AluHot& hot, Worker& worker) {
  Alu alu(worker, hot.width);
  while (!worker.stopping()) {
    worker.iterate(alu.burn());
    worker.checkpoint();
  }
}

}  // namespace ktstr::guest
