// SPDX-License-Identifier: GPL-2.0-only
// Text as YAML 1.2 and JSON hold it. Texts are UTF-8; what is not becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace ktstr::schema {

enum class YamlContext { block, flow };

/// A JSON string, which is a YAML double-quoted scalar too: no control or invisible characters.
std::string double_quoted(std::string_view text);
/// A YAML scalar on one line that reads back as this text: plain where the core schema would read
/// a plain one as a string, else quoted.
std::string yaml_text(std::string_view text, YamlContext context);
/// Whether the text can stand as the lines of a literal block (`|`).
bool fits_literal_block(std::string_view text);

}  // namespace ktstr::schema
