// SPDX-License-Identifier: GPL-2.0-only
// Multiplications as wide as the CPU's instructions can do them. One file per architecture.
#pragma once

#include <cstdint>

#include "ir/work/cpu.h"

namespace ktstr::guest {

/// How many elements of 32 bits an instruction of this width multiplies; 0 if this CPU has none.
std::uint32_t alu_lanes(ir::AluWidth width);

/// Rounds of 4 independent multiplications, from registers alone. The CPU has the width.
void alu_burn(ir::AluWidth width, std::uint64_t rounds);

}  // namespace ktstr::guest
