// SPDX-License-Identifier: GPL-2.0-only
// Random values of any described type, for property tests. Every value is made from a tape of
// numbers, where smaller numbers and shorter tapes make simpler values; a failing value is made
// smaller by making its tape smaller. Ranges of fields are respected, lengths and depth are
// bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "schema/describe.h"

namespace ktstr::testing {

/// Where a generator's decisions come from: a recorded tape, then chance or, after `replay`, zeros.
class Tape {
 public:
  explicit Tape(std::uint64_t seed) : chance_(seed) {}
  static Tape replay(std::vector<std::uint64_t> numbers);

  /// Uniform in `[0, limit)`; 0 is the simplest decision.
  std::uint64_t below(std::uint64_t limit);
  std::uint64_t any();
  bool one_in(std::uint64_t n) { return below(n) == n - 1; }
  [[nodiscard]] const std::vector<std::uint64_t>& used() const { return used_; }

 private:
  std::mt19937_64 chance_;
  std::vector<std::uint64_t> recorded_;
  std::vector<std::uint64_t> used_;
  bool replays_ = false;
};

/// Fills one scalar within a range in the scalar's base unit.
using ScalarMaker = std::function<void(void* value, const schema::Range&, Tape&)>;
/// Fills one deferred value with an expression; without it all of them are literals.
using ExpressionMaker = std::function<void(void* value, const schema::DeferredShape&, Tape&)>;

struct Makers {
  std::map<const schema::Type*, ScalarMaker> scalars;  ///< Keyed by `&type_of<T>()`.
  ExpressionMaker expression;

  Makers();  ///< Knows durations, sizes and percents.
  template <class T>
  Makers& add(std::function<T(const schema::Range&, Tape&)> make) {
    scalars[&schema::type_of<T>()] = [make = std::move(make)](
                                         void* value, const schema::Range& range, Tape& tape) {
      *static_cast<T*>(value) = make(range, tape);
    };
    return *this;
  }
};

/// A number within the range: a bound, zero or one as often as anything between them.
double number_within(const schema::Range& range, double low, double high, Tape& tape);
/// Short, and often what formats trip over: empty, number-like, quotes, controls, beyond ASCII.
std::string any_text(Tape& tape);

/// Fills a fresh value.
void generate(schema::Ref into, const Makers& makers, Tape& tape);

/// Empty when the property holds, else what is wrong.
using Property = std::function<std::string(schema::ConstRef)>;

/// Tries the property on `count` values, the first being fresh, and says which smallest value fails
/// it and why; empty when none does.
std::string falsify(const schema::Type& type, const std::function<std::shared_ptr<void>()>& make,
                    const Makers& makers, unsigned count, const Property& property);

template <class T>
std::string falsify(const Makers& makers, unsigned count,
                    const std::function<std::string(const T&)>& property) {
  return falsify(
      schema::type_of<T>(), [] { return std::make_shared<T>(); }, makers, count,
      [&](schema::ConstRef value) { return property(*static_cast<const T*>(value.data)); });
}

}  // namespace ktstr::testing
