// SPDX-License-Identifier: GPL-2.0-only
// Reading scenarios from texts in tests.
#pragma once

#include <memory>
#include <string>

#include "parse/load.h"

namespace ktstr::testing {

inline parse::Loaded load_text(std::string text, doc::Format format = doc::Format::yaml) {
  return parse::load_text(std::make_shared<const Source>(Source{"test.yaml", std::move(text)}),
                          format, "test");
}

/// `CODE line:column message (hint)`, one a line.
inline std::string mistakes(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& each : diagnostics.all()) {
    out += std::string(each.code->id) + " " + std::to_string(each.place.span.line) + ":" +
           std::to_string(each.place.span.column) + " " + each.message;
    if (!each.hint.empty()) out += " (" + each.hint + ")";
    out += "\n";
  }
  return out;
}

inline std::string mistakes(std::string text) {
  return mistakes(load_text(std::move(text)).diagnostics);
}

}  // namespace ktstr::testing
