// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/alu.h"

#include "guest/arch/alu.h"

namespace ktstr::guest {

Alu::Alu(Worker& worker, ir::AluWidth width) : width_(width), lanes_(alu_lanes(width)) {
  if (lanes_ == 0) worker.fail("multiply: this CPU has no vectors of the width that was asked for");
}

std::uint64_t Alu::burn() {
  constexpr std::uint64_t rounds = 1024, instructions_per_round = 4;
  alu_burn(width_, rounds);
  return rounds * instructions_per_round * lanes_;
}

}  // namespace ktstr::guest
