// SPDX-License-Identifier: GPL-2.0-only
// The numbers of a JSON text (RFC 8259) by where they stand: `{"a": {"b": [1, 2]}}` holds `a.b.0`
// and `a.b.1`. For output of programs that is not trusted: everything is bounded, and what does not
// interest is skipped, not kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktstr {

struct JsonLimits {
  std::size_t depth = 32;
  std::size_t numbers = 1024;
};

/// Finite numbers in the order of the text; texts, booleans and nulls are left out. nullopt for
/// what is not one JSON value, or goes beyond the limits.
std::optional<std::vector<std::pair<std::string, double>>> json_numbers(
    std::string_view text, const JsonLimits& limits = {});

}  // namespace ktstr
