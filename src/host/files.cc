// SPDX-License-Identifier: GPL-2.0-only
#include "host/files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/fd.h"

namespace ktstr::host {
namespace {

constexpr std::string_view blanks = " \t\n";

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

}  // namespace

std::optional<std::string> read_value(const std::string& path) {
  const Result<std::string> text = read_text(path);
  if (!text) return std::nullopt;
  return trimmed(*text);
}

std::optional<std::uint64_t> read_number(const std::string& path) {
  const std::optional<std::string> text = read_value(path);
  return text ? leading_number(*text) : std::nullopt;
}

std::optional<topology::CpuSet> read_cpus(const std::string& path) {
  const std::optional<std::string> text = read_value(path);
  std::optional<topology::CpuSet> cpus = text ? topology::CpuSet::parse(*text) : std::nullopt;
  if (cpus && cpus->empty()) return std::nullopt;
  return cpus;
}

std::optional<std::string> field(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (const std::string_view line = text.substr(at, end - at); line.starts_with(key))
      return trimmed(line.substr(key.size()));
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

std::vector<std::uint32_t> numbered_entries(const std::string& directory, std::string_view prefix) {
  std::vector<std::uint32_t> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::uint32_t number = 0;
    const char* last = name.data() + name.size();
    const auto [rest, problem] = std::from_chars(name.data() + prefix.size(), last, number);
    if (problem == std::errc() && rest == last) out.push_back(number);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace ktstr::host
