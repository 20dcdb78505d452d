// SPDX-License-Identifier: GPL-2.0-only
// A value as text. YAML as a person would write it: defaults omitted, short maps and lists on one
// line, the rest in blocks; the reader gives the same value back. JSON for programs. A field whose
// default is a value but which has none is written as null.
#pragma once

#include <string>

#include "schema/tree.h"

namespace ktstr::schema {

/// A YAML document, ending in a newline.
std::string print(ConstRef value);
std::string to_yaml(const Node& document);
/// YAML on one line, for messages and tables.
std::string print_inline(ConstRef value);
std::string to_inline_yaml(const Node& node);

struct JsonStyle {
  unsigned indent = 0;  ///< 0: all on one line.
  Defaults defaults = Defaults::written;
};

/// JSON without a final newline. Numbers that are not finite become null.
std::string print_json(ConstRef value, JsonStyle style = {});
std::string to_json(const Node& document, unsigned indent);

}  // namespace ktstr::schema
