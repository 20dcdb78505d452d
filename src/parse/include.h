// SPDX-License-Identifier: GPL-2.0-only
// `include`: other files' trees under this one, before anything is read. Maps merge, lists whose
// items have a `name` merge by name, other lists and scalars are replaced by the including file's.
// Of a choice written as a map with one key, another word replaces the whole. Two includes that
// differ on a leaf are an error, for neither comes first. A file of several documents adds nothing
// by itself: it offers its scenarios to `extends`.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "doc/load.h"
#include "parse/tree.h"
#include "schema/describe.h"
#include "schema/record.h"
#include "schema/type.h"

namespace ktstr::parse {

using IncludePaths = std::variant<std::string, std::vector<std::string>>;

/// What a document may hold beside a scenario's keys, for the reference and the JSON Schema.
struct Composition {
  IncludePaths include;
  std::string extends;

  bool operator==(const Composition&) const = default;
  static constexpr auto schema = schema::record(
      "composition", "What a scenario is built upon.",
      schema::Field{"include", &Composition::include,
                    "A file, or a list of them, whose content this one adds to; relative to this "
                    "file. Maps merge, lists whose items have a `name` merge by name, other lists "
                    "replace. Of a file of several documents only `extends` makes use."},
      schema::Field{"extends", &Composition::extends,
                    "Another scenario of this file, or of an included file of several documents: "
                    "this one adds to it as it would to an included file. A scenario whose name "
                    "begins with `_` is there for that alone, and is not run.",
                    schema::example("_base")});
};

inline constexpr std::size_t deepest_include = 16;
inline constexpr std::size_t most_includes = 100;  ///< Files read for one document.

/// The document's tree with its includes merged in and the key gone. `type` tells choices from
/// other maps. The document is that of the file at `source->name`, from where paths are relative.
Tree resolve_includes(doc::Document document, const schema::Type& type, Diagnostics& diagnostics);

}  // namespace ktstr::parse

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::parse::IncludePaths>{
    "include_paths", "One path or several.", ktstr::schema::Tagging::by_shape};
