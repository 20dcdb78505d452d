// SPDX-License-Identifier: GPL-2.0-only
// Diagnostics: what a user wrote that cannot be, where, and what to write instead. Readers collect
// them all in one pass; only cli prints.
#pragma once

#include <functional>
#include <initializer_list>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "base/codes.h"
#include "base/source.h"

namespace ktstr {

struct Diagnostic {
  enum class Severity { error, warning };

  Code code;
  Place place;
  std::string message;  ///< Lower case, no full stop; names in backticks.
  std::string hint{};   ///< Stands under the caret: `did you mean ...?`; may be empty.

  [[nodiscard]] Severity severity() const {
    return code->id.starts_with('W') ? Severity::warning : Severity::error;
  }
  bool operator==(const Diagnostic&) const = default;
};

/// The mistakes of one input, in order, at most `limit` of them kept and the rest counted.
class Diagnostics {
 public:
  static constexpr std::size_t limit = 100;

  void add(Diagnostic diagnostic);
  void append(const Diagnostics& other);
  /// Orders what is kept by file and place.
  void sort();
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::size_t errors() const { return errors_; }  ///< Including dropped ones.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  [[nodiscard]] bool ok() const { return errors_ == 0; }

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
};

/// `file:line:column: error[E012]: message`, the source line, the caret and the hint. Long lines
/// are cut around the caret; control characters are made visible.
std::string render(const Diagnostic& diagnostic, bool colour);

/// The candidate with the least edit distance to `word`, if near enough to be a slip of the hand;
/// empty otherwise.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);
/// "did you mean `x`?" for the nearest candidate, or "one of a, b, c" when the list is short, or
/// "`ktstr list LIST` names them all" where there is such a list, or "".
std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates,
                       std::string_view list = {});

}  // namespace ktstr
