// SPDX-License-Identifier: GPL-2.0-only
// The command line of the fixture schedulers: `--name`, `--name VALUE` and `--name=VALUE`, from a
// table. A mistake is a sentence that goes behind the program's name.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ktstr::bpf {

struct Option {
  std::string_view name;   ///< With its dashes.
  std::string_view value;  ///< What the help calls it; empty if the option takes none.
  std::string_view help;
  std::function<bool(std::string_view)> take;  ///< False if the value is not one.
};

/// What every fixture understands.
struct Settings {
  bool partial = false;
  unsigned timeout_ms = 0;  ///< 0: the kernel's own limit.
  std::string stats = "/var/run/scx/root/stats";
  std::chrono::nanoseconds exit_after{0};  ///< 0: never.
  bool help = false;
};

std::vector<Option> common_options(Settings& settings);

/// Takes each argument, the program's name not among them. Empty, or the first mistake.
std::string parse_options(std::span<const char* const> arguments,
                          const std::vector<Option>& options);

std::string help_text(std::string_view program, const std::vector<Option>& options);

/// "2s", "500ms", "1min"; a bare number is seconds. Up to a day.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// A whole decimal number up to `most`.
std::optional<unsigned> parse_number(std::string_view text, unsigned most);

}  // namespace ktstr::bpf
