// SPDX-License-Identifier: GPL-2.0-only
// Types of the claims language. A value is a table: rows are the elements of a vector (one row for
// everything else), the points of a row are the moments of a series (one point for everything
// else). What a function or predicate takes of a scalar it takes of each element.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "base/codes.h"
#include "ir/claim.h"

namespace ktstr::claims {

/// Exponents. Times are in nanoseconds, so a rate is per nanosecond inside and per second outside.
struct Dim {
  int time = 0;
  int bytes = 0;
  bool operator==(const Dim&) const = default;
};

Dim dim_of(ir::Dimension dimension);
std::string name_of(Dim dim);  ///< `a time`, `a count or ratio`.

enum class Base { number, text, cpus, distribution, cgroup };
enum class Over { nothing, samples, steps };

struct Type {
  Base base = Base::number;
  Dim dim{};
  bool vector = false;
  Over over = Over::nothing;
  bool counter = false;  ///< Straight from a counter, so that rate() and delta() mean something.
  bool sampled = false;  ///< Known at every sample, so that series() means something.
  bool share = false;    ///< Written with `%`: as a tolerance it is relative.

  bool operator==(const Type&) const = default;
  [[nodiscard]] bool scalar() const { return !vector && over == Over::nothing; }
};

std::string name_of(const Type& type);  ///< `a vector of times`.

struct TypeError {
  Code code;
  std::string message;
  std::string hint{};
};
using Typed = tl::expected<Type, TypeError>;

tl::unexpected<TypeError> type_error(std::string message, std::string hint = {});

Typed type_of(ir::ClaimOperator op, std::span<const Type> operands);
Typed type_of(ir::Function function, std::span<const Type> arguments);
/// What is wrong with a predicate over a subject, given the types of its operands in the order of
/// `operands_of`.
std::optional<TypeError> flaw_of(const ir::Predicate& predicate, const Type& subject,
                                 std::span<const Type> operands);

std::vector<const ir::ClaimExpr*> operands_of(const ir::Predicate& predicate);

}  // namespace ktstr::claims
