// SPDX-License-Identifier: GPL-2.0-only
// The one place that includes RE2.
#include "claims/pattern.h"

#include <algorithm>

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

std::vector<std::string> group_names(std::string_view pattern) {
  const re2::RE2 regex = compile(pattern);
  std::vector<std::string> out;
  if (regex.ok())
    for (const auto& [number, name] : regex.CapturingGroupNames()) out.push_back(name);
  return out;
}

std::map<std::string, std::string> last_groups(std::string_view pattern, std::string_view text) {
  std::map<std::string, std::string> out;
  const re2::RE2 regex = compile(pattern);
  if (!regex.ok()) return out;
  const re2::StringPiece whole(text.data(), text.size());
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) +
                                       1);
  for (std::size_t at = 0; at <= text.size();) {
    if (!regex.Match(whole, at, text.size(), re2::RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size())))
      break;
    for (const auto& [number, name] : regex.CapturingGroupNames())
      if (const re2::StringPiece& group = groups[static_cast<std::size_t>(number)];
          group.data() != nullptr)
        out[name] = std::string(group.data(), group.size());
    const std::size_t end =
        static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    at = std::max(end, at + 1);
  }
  return out;
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
