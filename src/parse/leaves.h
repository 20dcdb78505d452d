// SPDX-License-Identifier: GPL-2.0-only
// The values that have no parts: truth values, numbers, text, scalars with a grammar of their own,
// words of a list, expressions. Private to the reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "parse/tree.h"
#include "schema/path.h"
#include "schema/type.h"

namespace ktstr::parse {

/// Where a value is read to, and how messages call it.
struct Site {
  const schema::Path& path;
  std::string_view name{};  ///< The innermost key; empty for the document.
  bool is_item = false;     ///< Of the list that the key has.
  schema::Range range{};
  Place key{};

  /// "`hold`", "each item of `claims`".
  [[nodiscard]] std::string who() const;
  /// The record that a key belongs to: "a cgroup", "`set_cpuset`".
  [[nodiscard]] std::string holder(const schema::Type& type) const;
};

/// Says mistakes of one tree.
class Teller {
 public:
  Teller(const Tree& tree, Diagnostics& diagnostics) : tree_(tree), diagnostics_(diagnostics) {}

  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] Diagnostics& diagnostics() const { return diagnostics_; }
  void add(Code code, Place place, std::string message, std::string hint = {}) const;
  void add(Code code, const doc::Node& node, std::string message, std::string hint = {}) const;
  void wrong_type(const doc::Node& node, const schema::Type& type, const Site& site,
                  std::string hint = {}) const;
  /// Says E016 and returns true if the word belongs to a later feature.
  bool refuse_later(std::string_view context, std::string_view word, const Place& place) const;

 private:
  const Tree& tree_;
  Diagnostics& diagnostics_;
};

/// "did you mean `x`?" or nothing.
std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& names);

/// Reads a node that is not null into a value whose type is a boolean, number, text, integer,
/// scalar, enumeration or deferred value; false for types that have parts.
bool read_leaf(const doc::Node& node, const schema::Type& type, void* data, const Site& site,
               const Teller& teller);

}  // namespace ktstr::parse
