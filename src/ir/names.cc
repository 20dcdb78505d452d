// SPDX-License-Identifier: GPL-2.0-only
// What is asked of every op and work type alike.
#include "ir/op.h"
#include "ir/work.h"

namespace ktstr::ir {

std::string_view name_of(const Op& op) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, op);
}

std::string_view name_of(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, work);
}

std::uint32_t group_size(const Work& work) {
  return std::visit(
      []<class Type>(const Type&) -> std::uint32_t {
        if constexpr (requires { Type::group_size; })
          return Type::group_size;
        else
          return 1;
      },
      work);
}

}  // namespace ktstr::ir
