// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/read_layout.h"

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "bpf/options.h"

namespace ktstr::bpf {
namespace {

namespace fs = std::filesystem;

std::string line_of(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

/// "0-3,8": what is not of this form ends the list.
std::set<unsigned> parse_cpu_list(std::string_view text) {
  std::set<unsigned> out;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t dash = item.find('-');
    const auto first = parse_number(item.substr(0, dash), 1'000'000);
    const auto last =
        dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1), 1'000'000);
    if (!first || !last) break;
    for (unsigned cpu = *first; cpu <= *last; ++cpu) out.insert(cpu);
  }
  return out;
}

/// Who shares the highest cache that this CPU has; empty if it shows none.
std::set<unsigned> shares_cache_with(const fs::path& cpu) {
  std::set<unsigned> out;
  unsigned highest = 0;
  std::error_code none;
  for (fs::directory_iterator entry(cpu / "cache", none), end; !none && entry != end;
       entry.increment(none)) {
    const unsigned level = parse_number(line_of(entry->path() / "level"), 16).value_or(0);
    if (level <= highest) continue;
    highest = level;
    out = parse_cpu_list(line_of(entry->path() / "shared_cpu_list"));
  }
  return out;
}

}  // namespace

std::optional<ktstr_layout> read_layout(const fs::path& cpus) {
  const std::set<unsigned> possible = parse_cpu_list(line_of(cpus / "possible"));
  if (possible.empty() || *possible.rbegin() >= KTSTR_CPUS_MOST) return std::nullopt;
  std::map<unsigned, unsigned> first_of;  // CPU to the first CPU of its cache.
  for (const unsigned cpu : possible) {
    const std::set<unsigned> shared = shares_cache_with(cpus / ("cpu" + std::to_string(cpu)));
    if (!shared.empty()) first_of[cpu] = *shared.begin();
  }
  if (first_of.empty())
    for (const unsigned cpu : possible) first_of[cpu] = *possible.begin();

  ktstr_layout out{};
  std::map<unsigned, unsigned> number;  // First CPU to the number of its cache.
  for (unsigned short& llc : out.llc_of) llc = KTSTR_LLC_UNKNOWN;
  for (const auto& [cpu, first] : first_of) {
    const unsigned next = static_cast<unsigned>(number.size());
    const unsigned llc = number.emplace(first, next).first->second;
    if (llc >= KTSTR_LLCS_MOST) return std::nullopt;
    out.llc_of[cpu] = static_cast<unsigned short>(llc);
  }
  out.llcs = static_cast<unsigned>(number.size());
  unsigned short filled = 0;
  for (unsigned llc = 0; llc < out.llcs; ++llc) {
    out.begin[llc] = filled;
    for (const auto& [cpu, first] : first_of)
      if (out.llc_of[cpu] == llc) out.members[filled++] = static_cast<unsigned short>(cpu);
  }
  out.begin[out.llcs] = filled;
  return out;
}

}  // namespace ktstr::bpf
