// SPDX-License-Identifier: GPL-2.0-only
// The words for accelerators, as on command lines and in reports.
#pragma once

#include <optional>
#include <string_view>

#include "vmm/config.h"

namespace ktstr::vmm {

inline std::string_view accelerator_name(Accelerator accelerator) {
  return schema::words<Accelerator>[static_cast<std::size_t>(accelerator)].name;
}

/// Nothing for any other word.
inline std::optional<Accelerator> accelerator_named(std::string_view name) {
  for (const Accelerator each : {Accelerator::kvm, Accelerator::tcg})
    if (accelerator_name(each) == name) return each;
  return std::nullopt;
}

}  // namespace ktstr::vmm
