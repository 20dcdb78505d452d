// SPDX-License-Identifier: GPL-2.0-only
#include "guest/sched_ext.h"

#include <algorithm>
#include <charconv>

#include "base/fd.h"

namespace ktstr::guest {
namespace {

constexpr Bytes longest_file = 64_KiB;
constexpr std::size_t most_events = 256;

std::optional<std::string> line_of(const std::string& path) {
  Result<std::string> text = read_text(path, longest_file);
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

}  // namespace

SchedExt read_sched_ext(const std::string& directory) {
  SchedExt out;
  const std::optional<std::string> state = line_of(directory + "/state");
  if (!state) return out;
  out.present = true;
  out.state = *state;
  out.ops = line_of(directory + "/root/ops").value_or("");
  const std::string seq = line_of(directory + "/enable_seq").value_or("0");
  std::from_chars(seq.data(), seq.data() + seq.size(), out.seq);
  out.takes_all = line_of(directory + "/switch_all") == "1";
  return out;
}

std::vector<ir::NamedNumber> parse_events(std::string_view text) {
  constexpr std::string_view prefix = "SCX_EV_";
  std::vector<ir::NamedNumber> out;
  while (!text.empty() && out.size() < most_events) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || blank == 0) continue;
    std::int64_t value = 0;
    if (std::from_chars(line.data() + blank + 1, line.data() + line.size(), value).ec !=
        std::errc())
      continue;
    std::string name(line.substr(line.starts_with(prefix) ? prefix.size() : 0));
    name.resize(name.find(' '));
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    out.push_back({std::move(name), static_cast<double>(value)});
  }
  return out;
}

std::optional<std::vector<ir::NamedNumber>> read_events(const std::string& directory) {
  const Result<std::string> text = read_text(directory + "/root/events", longest_file);
  if (!text) return std::nullopt;
  return parse_events(*text);
}

}  // namespace ktstr::guest
