// SPDX-License-Identifier: GPL-2.0-only
// Lines, limits and character checks.
#include "doc/reading.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "doc/load.h"

namespace ktstr::doc {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string hex(const char* format, unsigned value) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

/// The length of the UTF-8 sequence at the start of `text` and its code point; length 0 if there is
/// no well-formed one (overlong forms and surrogates are not).
struct Decoded {
  std::size_t length = 0;
  std::uint32_t code_point = 0;
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t value = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {length, value};
}

bool is_control(std::uint32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7F && c < 0xA0 && c != 0x85);
}

}  // namespace

Reading::Reading(std::shared_ptr<const Source> source, Diagnostics& diagnostics)
    : source_(std::move(source)), diagnostics_(&diagnostics) {
  if (text().starts_with(byte_order_mark)) start_ = byte_order_mark.size();
  line_starts_.push_back(0);
  for (std::size_t at = text().find('\n'); at != std::string_view::npos;
       at = text().find('\n', at + 1))
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

std::uint32_t Reading::line(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(line_starts_, offset);
  return static_cast<std::uint32_t>(after - line_starts_.begin());
}

Span Reading::span(std::size_t begin, std::size_t end) const {
  begin = std::min(begin, text().size());
  const std::uint32_t number = line(begin);
  const std::size_t line_end =
      number < line_starts_.size() ? line_starts_[number] - 1 : text().size();
  end = std::clamp(end, begin, std::max(begin, line_end));
  while (end > begin + 1 && std::string_view(" \t\r").find(text()[end - 1]) != std::string::npos)
    --end;
  return {number, static_cast<std::uint32_t>(begin - line_starts_[number - 1] + 1),
          static_cast<std::uint32_t>(std::max<std::size_t>(end - begin, 1))};
}

void Reading::error(Code code, Span span, std::string message, std::string hint) {
  ++mistakes_;
  diagnostics_->add({code, {source_, span}, std::move(message), std::move(hint)});
}

bool Reading::check_characters() {
  for (std::size_t at = start_; at < text().size();) {
    const Decoded decoded = decode(text().substr(at));
    if (decoded.length == 0) {
      const bool wide =
          at == 0 && (text().starts_with("\xFF\xFE") || text().starts_with("\xFE\xFF"));
      const unsigned byte = static_cast<unsigned char>(text()[at]);
      error(code("not_utf8"), at, at + 1, "byte " + hex("0x%02X", byte) + " is not UTF-8",
            wide ? "this looks like UTF-16; save the file as UTF-8" : "save the file as UTF-8");
      return false;
    }
    if (is_control(decoded.code_point)) {
      error(code("syntax"), at, at + decoded.length,
            "control character " + hex("U+%04X", decoded.code_point) + " in the text",
            decoded.code_point == 0 ? "is this a binary file, or UTF-16?" : "");
      return false;
    }
    at += decoded.length;
  }
  return true;
}

bool Reading::charge(Span where, std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ > max_nodes)
    error(code("too_large"), where, "more than " + std::to_string(max_nodes) + " nodes up to here",
          "an alias counts as all it stands for");
  else if (bytes_ > max_bytes)
    error(code("too_large"), where, "more than 1 MiB of keys and values up to here",
          "an alias counts as all it stands for");
  return !exhausted();
}

bool Reading::exhausted() const {
  return nodes_ > max_nodes || bytes_ > max_bytes || mistakes_ >= Diagnostics::limit;
}

bool Reading::nest(Span where, std::size_t depth) {
  if (depth <= max_depth) return true;
  error(code("too_large"), where,
        "lists and maps nested more than " + std::to_string(max_depth) + " deep");
  return false;
}

void Reading::check_scalar(std::string_view scalar, Span where) {
  if (scalar.size() > max_scalar)
    error(code("too_large"), where,
          "a value of more than " + std::to_string(max_scalar >> 10) + " KiB");
  if (scalar.find('\0') != std::string_view::npos)
    error(code("syntax"), where, "the character U+0000 in a value");
}

void Reading::check_key(std::string_view key, Span where) {
  if (key.size() > max_key)
    error(code("too_large"), where, "a key of more than " + std::to_string(max_key) + " bytes");
  if (key.find('\0') != std::string_view::npos)
    error(code("syntax"), where, "the character U+0000 in a key");
}

bool Reading::expected(std::size_t at, const std::string& what, const std::string& seen,
                       std::string hint) {
  error(code("syntax"), at, at + 1, "expected " + what + ", found " + seen, std::move(hint));
  return false;
}

void Reading::duplicate(std::string_view key, Span span, Span first) {
  error(
      code("duplicate_key"), span,
      "key `" + shorten(key) + "` again; it is in line " + std::to_string(first.line) + " already");
}

bool Keys::add(Reading& reading, const std::string& key, Span span) {
  const auto [first, is_new] = seen_.try_emplace(key, span);
  if (!is_new) reading.duplicate(key, span, first->second);
  return is_new;
}

std::string shorten(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return std::string(text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

bool is_digit(char c, int base) {
  if (c >= '0' && c <= '9') return c - '0' < base;
  const int letter = (c | 0x20) - 'a';
  return letter >= 0 && letter < base - 10;
}

bool is_decimal(std::string_view text, bool bare_point) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  const bool whole = digits();
  if (!whole && !bare_point) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    const bool fraction = digits();
    if (!fraction && (!bare_point || !whole)) return false;
  } else if (!whole) {
    return false;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

bool append_utf8(std::string& out, std::uint32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return false;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  const auto rest = [&](unsigned shift) { put(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    rest(0);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    rest(6), rest(0);
  } else {
    put(0xF0 | c >> 18);
    rest(12), rest(6), rest(0);
  }
  return true;
}

}  // namespace ktstr::doc
