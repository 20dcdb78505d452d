// SPDX-License-Identifier: GPL-2.0-only
// Values of expressions on a topology.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ir/expression.h"
#include "topology/topology.h"

namespace ktstr::expand {

/// What names mean: the topology's numbers, the scenario's `vars`, `i` within a for_each.
class Variables {
 public:
  explicit Variables(const topology::Topology& topology);

  void set(std::string name, double value) { values_.insert_or_assign(std::move(name), value); }
  [[nodiscard]] Result<double> find(std::string_view name) const;

 private:
  std::map<std::string, double, std::less<>> values_;
};

/// Fails, with a sentence for the user, on an unknown name, a division by zero or a result that is
/// not finite.
Result<double> evaluate(const ir::Expr& expr, const Variables& variables);

}  // namespace ktstr::expand
