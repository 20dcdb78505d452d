// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary bytes as an expression: it is read or gets one diagnostic, and what is read prints as a
// text that reads back the same.
#include "parse/expression.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace ktstr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  const std::optional<ir::Expr> expression = parse::parse_expression(text, {}, diagnostics);
  if (expression.has_value() != diagnostics.ok()) std::abort();
  if (!expression) return 0;
  const std::string printed = to_text(*expression);
  // The canonical text of one near the limits may be beyond them.
  if (printed.size() > parse::longest_expression) return 0;
  const auto again = parse::parse_expression(printed, {}, diagnostics);
  if (!again || *again != *expression) std::abort();
  return 0;
}
