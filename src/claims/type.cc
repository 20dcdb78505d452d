// SPDX-License-Identifier: GPL-2.0-only
#include "claims/type.h"

#include "base/overload.h"

namespace ktstr::claims {

Dim dim_of(ir::Dimension dimension) {
  switch (dimension) {
    case ir::Dimension::time:
      return {1, 0};
    case ir::Dimension::bytes:
      return {0, 1};
    case ir::Dimension::rate:
      return {-1, 0};
    case ir::Dimension::none:
      break;
  }
  return {};
}

std::string name_of(Dim dim) {
  if (dim == Dim{}) return "a plain number";
  if (dim == Dim{1, 0}) return "a time";
  if (dim == Dim{0, 1}) return "a size in bytes";
  if (dim == Dim{-1, 0}) return "a rate per second";
  if (dim == Dim{-1, 1}) return "bytes per second";
  return "time^" + std::to_string(dim.time) + " bytes^" + std::to_string(dim.bytes);
}

std::string name_of(const Type& type) {
  std::string out;
  switch (type.base) {
    case Base::number:
      out = name_of(type.dim);
      break;
    case Base::text:
      out = "text";
      break;
    case Base::cpus:
      out = "a CPU set";
      break;
    case Base::distribution:
      out = "a distribution";
      break;
    case Base::cgroup:
      out = "a cgroup";
      break;
  }
  if (type.over == Over::samples) out = "a series, each value " + out;
  if (type.over == Over::steps) out = "one value per step, each " + out;
  if (type.vector) out = "a vector, each element " + out;
  return out;
}

tl::unexpected<TypeError> type_error(std::string message, std::string hint) {
  return tl::unexpected(TypeError{code("claim_type"), std::move(message), std::move(hint)});
}

std::vector<const ir::ClaimExpr*> operands_of(const ir::Predicate& predicate) {
  using Operands = std::vector<const ir::ClaimExpr*>;
  return std::visit(Overload{[](const ir::Compare& p) -> Operands { return {&p.limit}; },
                             [](const ir::Between& p) -> Operands {
                               return {&p.low, &p.high};
                             },
                             [](const ir::Near& p) -> Operands {
                               return {&p.target, &p.tolerance};
                             },
                             [](const ir::Contains& p) -> Operands { return {&p.element}; },
                             [](const ir::SubsetOf& p) -> Operands { return {&p.whole}; },
                             [](const ir::DisjointFrom& p) -> Operands { return {&p.other}; },
                             [](const ir::Steady& p) -> Operands { return {&p.tolerance}; },
                             [](const ir::Converges& p) -> Operands {
                               return {&p.target, &p.tolerance, &p.deadline};
                             },
                             [](const ir::Is&) -> Operands { return {}; },
                             [](const ir::Matches&) -> Operands { return {}; },
                             [](const ir::NeverDecreases&) -> Operands { return {}; },
                             [](const ir::StrictlyIncreases&) -> Operands { return {}; }},
                    predicate);
}

}  // namespace ktstr::claims
