// SPDX-License-Identifier: GPL-2.0-only
#include "ir/work.h"

namespace ktstr::ir {

std::string_view name_of(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, work);
}

std::uint32_t group_size(const Work& work) {
  return std::visit(
      [](const auto& type) -> std::uint32_t {
        if constexpr (requires { type.group_size(); })
          return type.group_size();
        else
          return 1;
      },
      work);
}

std::optional<Policy> policy_of(const Work& work, std::size_t member) {
  return std::visit(
      [&](const auto& type) -> std::optional<Policy> {
        if constexpr (requires { type.policy_of(member); })
          return type.policy_of(member);
        else
          return std::nullopt;
      },
      work);
}

Nanos round_time_of(const Work& work) {
  return std::visit(
      [](const auto& type) -> Nanos {
        if constexpr (requires { type.round_time(); })
          return type.round_time();
        else
          return Nanos(0);
      },
      work);
}

std::string_view flaw_of(const Work& work) {
  return std::visit(
      [](const auto& type) -> std::string_view {
        if constexpr (requires { type.flaw(); })
          return type.flaw();
        else
          return {};
      },
      work);
}

}  // namespace ktstr::ir
