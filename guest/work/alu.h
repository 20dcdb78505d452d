// SPDX-License-Identifier: GPL-2.0-only
// Alu: multiplications of one width, in pieces short enough to look at the clock between them.
#pragma once

#include "guest/work/worker.h"

namespace ktstr::guest {

class Alu {
 public:
  /// Gives up for the worker where the CPU has no instructions so wide.
  Alu(Worker& worker, ir::AluWidth width);

  /// 1024 rounds of 4 instructions; gives the multiplications.
  std::uint64_t burn();

 private:
  ir::AluWidth width_;
  std::uint64_t lanes_;
};

}  // namespace ktstr::guest
