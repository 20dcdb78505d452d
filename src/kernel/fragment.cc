// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/fragment.h"

#include <algorithm>
#include <set>

namespace ktstr::kernel {
namespace {

constexpr std::string_view prefix = "CONFIG_";
constexpr std::string_view off_start = "# CONFIG_";
constexpr std::string_view off_end = " is not set";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// `X=y` or `X` → `n`; an empty option when the line sets none.
std::pair<std::string_view, std::string_view> setting(std::string_view line) {
  if (line.starts_with(off_start) && line.ends_with(off_end) &&
      line.size() > off_start.size() + off_end.size()) {
    line.remove_prefix(off_start.size());
    line.remove_suffix(off_end.size());
    return {is_name(line) ? line : "", "n"};
  }
  if (!line.starts_with(prefix)) return {};
  line.remove_prefix(prefix.size());
  const std::size_t equals = line.find('=');
  if (equals == line.npos || equals + 1 == line.size() || !is_name(line.substr(0, equals)))
    return {};
  return {line.substr(0, equals), line.substr(equals + 1)};
}

template <class F>
void for_each_line(std::string_view text, F&& each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    each(trimmed(text.substr(0, end)));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

std::string_view unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return value.substr(1, value.size() - 2);
  return value;
}

}  // namespace

Result<std::vector<Wish>> parse_fragment(std::string_view text, const std::string& source) {
  std::vector<Wish> wishes;
  std::string reason;
  bool reason_goes_on = false;
  std::size_t number = 0;
  std::string wrong;
  for_each_line(text, [&](std::string_view line) {
    ++number;
    const auto [option, value] = setting(line);
    if (!option.empty()) {
      wishes.push_back({std::string(option), std::string(value), reason, source});
      reason_goes_on = false;
    } else if (line.empty() || line[0] == '#') {
      line.remove_prefix(std::min(line.find_first_not_of("# \t"), line.size()));
      if (!reason_goes_on || line.empty()) reason.clear();
      reason_goes_on = !line.empty();
      reason += (reason.empty() ? "" : " ") + std::string(line);
    } else if (wrong.empty()) {
      wrong = source + ":" + std::to_string(number) + ": `" + std::string(line) + "`";
    }
  });
  if (!wrong.empty())
    return fail(wrong + " sets no option",
                "write CONFIG_NAME=VALUE or `# CONFIG_NAME is not set`, or start it with #");
  return wishes;
}

std::vector<Wish> merge(std::vector<Wish> first, const std::vector<Wish>& second) {
  for (const Wish& wish : second) {
    const auto same = std::ranges::find(first, wish.option, &Wish::option);
    if (same != first.end())
      *same = wish;
    else
      first.push_back(wish);
  }
  return first;
}

std::string applied(std::string_view start, std::span<const Wish> wishes) {
  std::set<std::string_view> named;
  for (const Wish& wish : wishes) named.insert(wish.option);
  std::string out;
  for_each_line(start, [&](std::string_view line) {
    if (!named.contains(setting(line).first)) out += std::string(line) + "\n";
  });
  for (const Wish& wish : wishes)
    out += wish.value == "n" ? std::string(off_start) + wish.option + std::string(off_end) + "\n"
                             : std::string(prefix) + wish.option + "=" + wish.value + "\n";
  return out;
}

std::vector<Wish> unfulfilled(std::span<const Wish> wishes, const Options& options) {
  std::vector<Wish> out;
  for (const Wish& wish : wishes) {
    const auto found = options.find(wish.option);
    const std::string_view got = found == options.end() ? "n" : std::string_view(found->second);
    if (got != unquoted(wish.value)) out.push_back(wish);
  }
  return out;
}

}  // namespace ktstr::kernel
