// SPDX-License-Identifier: GPL-2.0-only
// The one place that includes RE2.
#include "claims/pattern.h"

#include <re2/re2.h>

namespace ktstr::claims {
namespace {

re2::RE2 compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return re2::RE2(re2::StringPiece(pattern.data(), pattern.size()), options);
}

bool search(const re2::RE2& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

}  // namespace

std::optional<std::string> pattern_flaw(std::string_view pattern) {
  if (pattern.empty()) return "the pattern is empty";
  const re2::RE2 regex = compile(pattern);
  if (!regex.ok()) return "the pattern is malformed: " + regex.error();
  // What is found in no text, in one character and in another has nothing to look for.
  if (search(regex, "") || (search(regex, "\x01") && search(regex, "a") && search(regex, "9")))
    return "the pattern matches everything";
  return std::nullopt;
}

bool pattern_matches(std::string_view pattern, std::string_view text) {
  const re2::RE2 regex = compile(pattern);
  return regex.ok() && search(regex, text);
}

std::optional<std::string> between_slashes(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('/') || !text.ends_with('/')) return std::nullopt;
  std::string out;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\';
    if (text[i] == '/' || (escape && i + 1 == text.size())) return std::nullopt;
    if (escape && text[i + 1] != '/') out += text[i];
    if (escape) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace ktstr::claims
