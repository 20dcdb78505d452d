// SPDX-License-Identifier: GPL-2.0-only
// Fragments of a kernel's configuration: lines as in `.config`, under comments that say why.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/config_text.h"

namespace ktstr::kernel {

/// One line of a fragment.
struct Wish {
  std::string option;  ///< Without `CONFIG_`.
  std::string value;   ///< As the line spells it, quotes included; `n` for one that is not set.
  std::string reason;  ///< The comment above it; it lasts up to the next comment or empty line.
  std::string source;  ///< Name of the fragment.

  bool operator==(const Wish&) const = default;
  /// Whether a kernel may do without: its reason starts with `Optional:`.
  [[nodiscard]] bool optional() const { return reason.starts_with("Optional:"); }
};

/// Reads a fragment called `source`; fails at a line that is neither an option, a comment nor
/// empty.
Result<std::vector<Wish>> parse_fragment(std::string_view text, const std::string& source);

struct Fragment {
  const char* name;
  std::string_view text;
};

/// Those of kconfig/: base, sched_ext, trace.
std::span<const Fragment> own_fragments();

/// `first` with what `second` says in its place or behind it.
std::vector<Wish> merge(std::vector<Wish> first, const std::vector<Wish>& second);

/// The configuration that `wishes` make of `start`, the text of a `.config`: lines of the same
/// options are taken out, the wishes follow.
std::string applied(std::string_view start, std::span<const Wish> wishes);

/// The wishes that `options` do not fulfil.
std::vector<Wish> unfulfilled(std::span<const Wish> wishes, const Options& options);

}  // namespace ktstr::kernel
