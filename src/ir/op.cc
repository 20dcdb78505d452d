// SPDX-License-Identifier: GPL-2.0-only
#include "ir/op.h"

namespace ktstr::ir {

std::string_view name_of(const Op& op) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, op);
}

}  // namespace ktstr::ir
