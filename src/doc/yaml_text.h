// SPDX-License-Identifier: GPL-2.0-only
// Reading YAML's own text where a parser's events do not say enough: what a plain scalar is, and
// where things end. Private to this layer.
#pragma once

#include <optional>
#include <string_view>

#include "doc/node.h"

namespace ktstr::doc {

/// The kind of a plain (unquoted) scalar by the core schema of YAML 1.2.
Node::Kind plain_kind(std::string_view written);
/// `.inf` and `.nan` in all their spellings.
bool is_not_finite(std::string_view written);

/// Past blanks, line ends and comments.
std::size_t skip_blank(std::string_view text, std::size_t at);
/// The end of the string in quotes at `begin`; npos if it is never closed.
std::size_t quoted_end(std::string_view text, std::size_t begin);
/// The end of the scalar at `begin` whose content is `value`; of a block (`|`, `>`), of its header.
std::size_t scalar_end(std::string_view text, std::size_t begin, std::string_view value);
/// The quote that is never closed, looked for from `from`, which stands between tokens.
std::optional<std::size_t> unclosed_quote(std::string_view text, std::size_t from);
/// The brackets from the one at `begin` to its partner: where one is nested deeper than `most`, or
/// else the innermost that is never closed.
struct Brackets {
  std::optional<std::size_t> too_deep{};
  std::optional<std::size_t> unclosed{};
};
Brackets match_brackets(std::string_view text, std::size_t begin, std::size_t most);
/// Where more than `most` brackets that start a value are open at once, by a rough count: block
/// scalars are not told apart, so `most` must be out of any text's reach.
std::optional<std::size_t> hopeless_nesting(std::string_view text, std::size_t from,
                                            std::size_t most);
/// The next line that starts a document (`---`), after the line `from` is in; the end if none.
std::size_t next_document(std::string_view text, std::size_t from);

}  // namespace ktstr::doc
