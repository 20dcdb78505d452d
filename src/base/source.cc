// SPDX-License-Identifier: GPL-2.0-only
#include "base/source.h"

namespace ktstr {

std::string to_text(const Place& place) {
  if (!place.source) return "";
  std::string text = place.source->name;
  if (place.span.line == 0) return text;
  return text + ":" + std::to_string(place.span.line) + ":" + std::to_string(place.span.column);
}

std::string_view line_of(const Place& place) {
  if (!place.source || place.span.line == 0) return {};
  std::string_view rest = place.source->text;
  for (std::uint32_t line = 1; line < place.span.line; ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

Place part_of(const Place& place, std::string_view text, std::size_t offset, std::size_t length) {
  const std::string_view line = line_of(place);
  if (place.span.column == 0 || text.empty()) return place;
  // Columns count from 1; a quoted scalar's text begins after its quote.
  for (const std::size_t start :
       {place.span.column - std::size_t{1}, place.span.column + std::size_t{0}}) {
    if (start > line.size() || !line.substr(start).starts_with(text)) continue;
    Place part = place;
    part.span.column = static_cast<std::uint32_t>(start + offset + 1);
    part.span.length = static_cast<std::uint32_t>(length);
    return part;
  }
  return place;
}

}  // namespace ktstr
