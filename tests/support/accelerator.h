// SPDX-License-Identifier: GPL-2.0-only
// Which accelerator the tests that boot machines use: `KTSTR_ACCEL=kvm` or `tcg` says so, and the
// lab runs them under both.
#pragma once

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "vmm/config.h"

namespace ktstr {

/// What $KTSTR_ACCEL asks for; nothing when it is not set.
inline std::optional<vmm::Accelerator> asked_accelerator() {
  const char* name = std::getenv("KTSTR_ACCEL");
  if (name == nullptr) return std::nullopt;
  const std::optional<vmm::Accelerator> asked = schema::enumerator_of<vmm::Accelerator>(name);
  if (!asked)
    throw std::invalid_argument("KTSTR_ACCEL is neither kvm nor tcg: " + std::string(name));
  return asked;
}

/// Whether the tests run in the lab, which has fewer CPUs than scenarios ask for.
inline bool in_lab() {
  return std::getenv("KTSTR_LAB") != nullptr;
}

}  // namespace ktstr
