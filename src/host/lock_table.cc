// SPDX-License-Identifier: GPL-2.0-only
#include "host/lock_table.h"

#include <charconv>
#include <sstream>

#include <sys/sysmacros.h>

#include "base/fd.h"
#include "topology/cpuset.h"

namespace ktstr::host {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value, base);
  return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
}

/// `1: FLOCK  ADVISORY  WRITE 29525 fe:00:10952772 0 EOF`; waiting ones have `->` after the number.
std::optional<HeldLock> parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string number, kind, strictness, access, pid, file;
  words >> number >> kind >> strictness >> access >> pid >> file;
  const std::size_t first = file.find(':');
  const std::size_t second = file.find(':', first + 1);
  if (second == std::string::npos || kind == "->") return std::nullopt;
  const std::string_view view = file;
  const auto major_number = parse_number<unsigned>(view.substr(0, first), 16);
  const auto minor_number = parse_number<unsigned>(view.substr(first + 1, second - first - 1), 16);
  const auto inode = parse_number<ino_t>(view.substr(second + 1));
  const auto process = parse_number<pid_t>(pid);
  if (!major_number || !minor_number || !inode || !process) return std::nullopt;
  return HeldLock{kind == "FLOCK", access == "WRITE", *process,
                  ::makedev(*major_number, *minor_number), *inode};
}

}  // namespace

std::vector<HeldLock> read_lock_table(const std::string& root) {
  std::istringstream text(read_text(root + "/proc/locks", 16_MiB).value_or(""));
  std::vector<HeldLock> out;
  for (std::string line; std::getline(text, line);)
    if (const std::optional<HeldLock> held = parse_line(line)) out.push_back(*held);
  return out;
}

std::optional<LockedPart> parse_lock_name(std::string_view name) {
  LockedPart out;
  constexpr std::string_view queued = ".next";
  out.is_llc = name.starts_with("llc-");
  if (!out.is_llc && !name.starts_with("cpu-")) return std::nullopt;
  name.remove_prefix(4);
  out.is_queued = out.is_llc && name.ends_with(queued);
  if (out.is_queued) name.remove_suffix(queued.size());
  const auto number = parse_number<std::uint32_t>(name);
  if (!number || *number >= topology::CpuSet::limit) return std::nullopt;
  out.number = *number;
  return out;
}

std::string command_of(const std::string& root, pid_t pid) {
  constexpr std::size_t longest = 60;
  std::string line =
      read_text(root + "/proc/" + std::to_string(pid) + "/cmdline", 4_MiB).value_or("");
  while (!line.empty() && line.back() == '\0') line.pop_back();
  if (line.size() > longest) line = line.substr(0, longest - 3) + "...";
  for (char& c : line)
    if (c >= 0 && c < ' ') c = ' ';
  return line;
}

}  // namespace ktstr::host
