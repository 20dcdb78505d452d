// SPDX-License-Identifier: GPL-2.0-only
#include "guest/node_pages.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <unistd.h>

namespace ktstr::guest {
namespace {

constexpr std::size_t most_nodes = 1024;
constexpr std::int64_t base_page_kb = 4;

/// The number behind `key` in a word, or -1.
std::int64_t number_after(std::string_view word, std::string_view key) {
  std::int64_t value = -1;
  if (word.starts_with(key))
    std::from_chars(word.data() + key.size(), word.data() + word.size(), value);
  return value;
}

/// `N0=12`: the node and the pages on it.
bool parse_node(std::string_view word, std::size_t& node, std::int64_t& pages) {
  if (!word.starts_with('N')) return false;
  const char* const end = word.data() + word.size();
  const auto [equals, bad_node] = std::from_chars(word.data() + 1, end, node);
  if (bad_node != std::errc() || equals == end || *equals != '=' || node >= most_nodes)
    return false;
  const auto [rest, bad_pages] = std::from_chars(equals + 1, end, pages);
  return bad_pages == std::errc() && rest == end;
}

}  // namespace

void add_line(std::string_view line, NodePages& pages) {
  NodePages own;
  std::int64_t page_kb = base_page_kb;
  while (!line.empty()) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    std::size_t node = 0;
    std::int64_t count = 0;
    if (word.starts_with("file=")) return;
    if (const std::int64_t size = number_after(word, "kernelpagesize_kB="); size > 0)
      page_kb = size;
    if (!parse_node(word, node, count)) continue;
    own.resize(std::max(own.size(), node + 1));
    own[node] += count;
  }
  pages.resize(std::max(pages.size(), own.size()));
  for (std::size_t node = 0; node < own.size(); ++node)
    pages[node] += own[node] * (page_kb / base_page_kb);
}

NodePages read_node_pages(int fd) {
  NodePages out;
  std::array<char, 16 * 1024> room;
  std::size_t held = 0;
  off_t at = 0;
  while (true) {
    const ssize_t got = ::pread(fd, room.data() + held, room.size() - held, at);
    if (got < 0) return {};
    if (got == 0) return out;
    at += got;
    held += static_cast<std::size_t>(got);
    std::string_view text(room.data(), held);
    for (std::size_t end; (end = text.find('\n')) != std::string_view::npos;) {
      add_line(text.substr(0, end), out);
      text.remove_prefix(end + 1);
    }
    if (text.size() == room.size()) return {};
    std::ranges::copy(text, room.begin());
    held = text.size();
  }
}

}  // namespace ktstr::guest
