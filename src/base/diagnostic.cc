// SPDX-License-Identifier: GPL-2.0-only
#include "base/diagnostic.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>

#include "base/utf8.h"

namespace ktstr {
namespace {

constexpr std::size_t widest_line = 120;

struct Colours {
  const char* bold = "";
  const char* severity = "";
  const char* hint = "";
  const char* reset = "";
};

Colours colours(bool colour, Diagnostic::Severity severity) {
  if (!colour) return {};
  return {"\033[1m", severity == Diagnostic::Severity::error ? "\033[1;31m" : "\033[1;33m",
          "\033[36m", "\033[0m"};
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// The columns that the bytes of `text` take on a terminal, wide characters not considered.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

/// The part of a line to show, and the columns before the caret and above it.
struct Excerpt {
  std::string text;
  std::size_t before;
  std::size_t marked;
};

Excerpt excerpt(std::string_view line, std::size_t caret, std::size_t length) {
  std::size_t start = 0;
  if (line.size() > widest_line && caret > widest_line / 2) {
    start = std::min(caret - widest_line / 2, line.size());
    while (start < line.size() && continues(line[start])) ++start;
  }
  std::size_t end = std::min(line.size(), start + widest_line);
  while (end < line.size() && continues(line[end])) ++end;
  const std::string before = (start > 0 ? "… " : "") + printable(line.substr(start, caret - start));
  const std::string_view rest = line.substr(caret, std::max(end, caret) - caret);
  return {before + printable(rest) + (end < line.size() ? " …" : ""), columns(before),
          columns(printable(rest.substr(0, length)))};
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity() == Diagnostic::Severity::error) ++errors_;
  if (all_.size() < limit)
    all_.push_back(std::move(diagnostic));
  else
    ++dropped_;
}

void Diagnostics::append(const Diagnostics& other) {
  for (const Diagnostic& diagnostic : other.all_) add(diagnostic);
  dropped_ += other.dropped_;
  errors_ += other.errors_ - static_cast<std::size_t>(std::ranges::count(
                                 other.all_, Diagnostic::Severity::error, &Diagnostic::severity));
}

void Diagnostics::sort() {
  const auto key = [](const Diagnostic& each) {
    const Place& place = each.place;
    return std::tuple(place.source ? std::string_view(place.source->name) : std::string_view(),
                      place.span.line, place.span.column);
  };
  std::ranges::stable_sort(all_, std::less<>(), key);
}

std::string render(const Diagnostic& diagnostic, bool colour) {
  const bool is_error = diagnostic.severity() == Diagnostic::Severity::error;
  const Colours paint = colours(colour, diagnostic.severity());
  std::string out;
  const std::string place = printable(to_text(diagnostic.place));
  const std::string hint = printable(diagnostic.hint);
  if (!place.empty()) out += paint.bold + place + ": " + paint.reset;
  out += paint.severity + std::string(is_error ? "error[" : "warning[") +
         std::string(diagnostic.code->id) + "]" + paint.reset + ": " +
         printable(diagnostic.message) + "\n";

  const std::string_view line = line_of(diagnostic.place);
  if (diagnostic.place.span.line == 0 || diagnostic.place.span.column == 0) {
    if (!hint.empty()) out += "    " + hint + "\n";
    return out;
  }
  const std::size_t column = std::min<std::size_t>(diagnostic.place.span.column - 1, line.size());
  const Excerpt shown = excerpt(line, column, diagnostic.place.span.length);
  const std::string number = std::to_string(diagnostic.place.span.line);
  const std::string gutter(std::max<std::size_t>(6, number.size() + 2), ' ');
  out += gutter.substr(number.size()) + number + " | " + shown.text + "\n";

  out += gutter + " | " + std::string(shown.before, ' ') + paint.hint +
         std::string(std::max<std::size_t>(shown.marked, 1), '^');
  if (!hint.empty()) out += " " + hint;
  return out + paint.reset + "\n";
}

namespace {

/// Edit distance in which exchanging two neighbours costs one, as slips of the hand do.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t longest = 64;
  if (word.size() > longest) return {};
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::size_t apart = distance(word, candidate);
    if (apart < best) {
      best = apart;
      found = candidate;
    }
  }
  return std::string(found);
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates,
                       std::string_view list) {
  constexpr std::size_t short_list = 12;
  const std::string near = nearest(word, candidates);
  if (!near.empty()) return "did you mean `" + near + "`?";
  if (candidates.size() > short_list && !list.empty())
    return "`ktstr list " + std::string(list) + "` names them all";
  if (candidates.empty() || candidates.size() > short_list) return {};
  std::string out = candidates.size() == 1 ? "it takes " : "one of ";
  for (std::size_t i = 0; i < candidates.size(); ++i)
    out += (i == 0 ? "" : ", ") + std::string(candidates[i]);
  return out;
}

}  // namespace ktstr
