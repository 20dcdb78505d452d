// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/config_text.h"

namespace ktstr::kernel {
namespace {

constexpr std::string_view prefix = "CONFIG_";
constexpr std::string_view off_start = "# CONFIG_";
constexpr std::string_view off_end = " is not set";

void parse_line(std::string_view line, Options& options) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(off_start) && line.ends_with(off_end) &&
      line.size() > off_start.size() + off_end.size()) {
    line.remove_prefix(off_start.size());
    line.remove_suffix(off_end.size());
    options.insert_or_assign(std::string(line), std::string("n"));
    return;
  }
  const std::size_t equals = line.find('=');
  if (!line.starts_with(prefix) || equals == line.npos || equals == prefix.size()) return;
  std::string_view value = line.substr(equals + 1);
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
    value = value.substr(1, value.size() - 2);
  options.insert_or_assign(std::string(line.substr(prefix.size(), equals - prefix.size())),
                           std::string(value));
}

}  // namespace

Options parse_config(std::string_view text) {
  Options options;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    parse_line(text.substr(0, end), options);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return options;
}

}  // namespace ktstr::kernel
