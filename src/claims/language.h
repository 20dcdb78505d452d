// SPDX-License-Identifier: GPL-2.0-only
// The claims language for people: what each part of it means, with a claim that shows it, for
// `ktstr list` and docs/reference/claims.md. The examples are of a scenario with the cgroups `a`
// and `b`, the steps `load` and `quiet` and the var `pairs`; a test reads and checks each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace ktstr::claims {

struct LanguagePart {
  std::string_view form;
  std::string_view doc;
  std::string_view example;
};

/// In the order of ir::Function, with the descriptions from there.
std::vector<LanguagePart> functions();
std::span<const LanguagePart> predicates();
std::span<const LanguagePart> modifiers();
/// Measures that other tools have a check for and that are claims here, because no limit is right
/// for every scenario.
std::span<const LanguagePart> idioms();

}  // namespace ktstr::claims
