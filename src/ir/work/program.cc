// SPDX-License-Identifier: GPL-2.0-only
// Comparisons of types that contain themselves, which cannot be defaulted.
#include "ir/work/program.h"

namespace ktstr::ir::program {

bool Repeat::operator==(const Repeat& other) const {
  return times == other.times && phases == other.phases;
}

bool Option::operator==(const Option& other) const {
  return p == other.p && phases == other.phases;
}

bool Choose::operator==(const Choose& other) const {
  return options == other.options;
}

}  // namespace ktstr::ir::program
