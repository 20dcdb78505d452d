// SPDX-License-Identifier: GPL-2.0-only
// Looking at a tree: lookup, numbers, comparison.
#include "doc/node.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ktstr::doc {
namespace {

/// An integer's text taken apart: sign, base and digits.
struct Digits {
  bool negative = false;
  int base = 10;
  std::string digits;
};

Digits take_apart(std::string_view text) {
  Digits out;
  if (text.starts_with('-') || text.starts_with('+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.size() > 2 && text[0] == '0') {
    out.base = text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : text[1] == 'b' ? 2 : 10;
    if (out.base != 10) text.remove_prefix(2);
  }
  std::ranges::copy_if(text, std::back_inserter(out.digits), [](char c) { return c != '_'; });
  return out;
}

template <class T>
std::optional<T> parse(const std::string& digits, int base) {
  T value{};
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end) return {};
  return value;
}

bool same_scalar(const Node& a, const Node& b) {
  if (a.kind == Node::Kind::null) return true;
  if (a.kind == Node::Kind::boolean)
    return (a.text[0] | 0x20) == (b.text[0] | 0x20);  // true, True, TRUE.
  if (a.kind == Node::Kind::integer) {
    const Digits left = take_apart(a.text);
    const Digits right = take_apart(b.text);
    const auto left_value = parse<std::uint64_t>(left.digits, left.base);
    const auto right_value = parse<std::uint64_t>(right.digits, right.base);
    if (left_value && right_value)
      return left_value == right_value && (left.negative == right.negative || *left_value == 0);
  }
  if (a.kind == Node::Kind::number) {
    const auto left = to_number(a);
    const auto right = to_number(b);
    if (left && right) return *left == *right;
  }
  return a.text == b.text;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string_view name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::integer:
      return "a whole number";
    case Node::Kind::number:
      return "a number";
    case Node::Kind::text:
      return "text";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

std::optional<std::int64_t> to_integer(const Node& node) {
  if (node.kind != Node::Kind::integer) return {};
  Digits parts = take_apart(node.text);
  if (parts.negative) parts.digits.insert(0, 1, '-');
  return parse<std::int64_t>(parts.digits, parts.base);
}

std::optional<std::uint64_t> to_unsigned(const Node& node) {
  if (node.kind != Node::Kind::integer) return {};
  const Digits parts = take_apart(node.text);
  const auto value = parse<std::uint64_t>(parts.digits, parts.base);
  return parts.negative && value != 0 ? std::nullopt : value;
}

std::optional<double> to_number(const Node& node) {
  if (node.kind != Node::Kind::integer && node.kind != Node::Kind::number) return {};
  const Digits parts = take_apart(node.text);
  if (parts.base != 10) {
    const auto value = parse<std::uint64_t>(parts.digits, parts.base);
    if (!value) return {};
    return parts.negative ? -static_cast<double>(*value) : static_cast<double>(*value);
  }
  double value = 0;
  const char* end = parts.digits.data() + parts.digits.size();
  const auto [stop, error] = std::from_chars(parts.digits.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return {};
  return parts.negative ? -value : value;
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  if (a.is_scalar()) return same_scalar(a, b);
  if (a.kind == Node::Kind::list) return std::ranges::equal(a.items, b.items, same_value);
  if (a.members.size() != b.members.size()) return false;
  for (std::size_t i = 0; i < a.members.size(); ++i) {
    const Member& member = a.members[i];
    const bool in_order = b.members[i].key == member.key;
    const Node* other = in_order ? &b.members[i].value : b.find(member.key);
    if (other == nullptr || !same_value(member.value, *other)) return false;
  }
  return true;
}

}  // namespace ktstr::doc
