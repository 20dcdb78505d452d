// SPDX-License-Identifier: GPL-2.0-only
// The tables of a TOML text while headers and dotted keys still add to them, with the rules of
// https://toml.io/en/v1.0.0#table about what may be defined or extended once more.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "doc/reading.h"

namespace ktstr::doc {

struct KeyPart {
  std::string text;
  Span span;
};
using KeyPath = std::vector<KeyPart>;

struct TomlTable {
  /// By what it exists: as the parent of a header's table, by its own header, by a dotted key.
  enum class Made { implicit, header, dotted };
  using Array = std::vector<std::unique_ptr<TomlTable>>;  ///< Of `[[name]]`; never empty.
  struct Entry {
    KeyPart key;
    std::variant<Node, std::unique_ptr<TomlTable>, Array> value;
  };

  Made made = Made::implicit;
  Span span{};
  std::size_t depth = 1;
  std::vector<Entry> entries{};
  std::unordered_map<std::string, std::size_t> index{};

  [[nodiscard]] Entry* find(const std::string& key);
  Entry& add(KeyPart key, std::variant<Node, std::unique_ptr<TomlTable>, Array> value);
};

/// The steps through the tables; null after saying why not. A null with `stopped` set means that a
/// limit was passed.
class TomlWalk {
 public:
  explicit TomlWalk(Reading& reading) : reading_(reading) {}

  /// The table that a dotted key ends in, for its last part to be added there.
  TomlTable* dotted(TomlTable& from, const KeyPath& path);
  /// The table of `[path]`, or a new one at the end of the array `[[path]]`.
  TomlTable* header(TomlTable& root, const KeyPath& path, bool array, Span span);
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  TomlTable* child(TomlTable& parent, const KeyPart& key, TomlTable::Made made, Span span);
  TomlTable* element(TomlTable::Array& array, std::size_t depth, Span span);
  std::unique_ptr<TomlTable> table(std::size_t depth, TomlTable::Made made, Span span);

  Reading& reading_;
  bool stopped_ = false;
};

/// The finished tree.
Node to_node(TomlTable&& table);

}  // namespace ktstr::doc
