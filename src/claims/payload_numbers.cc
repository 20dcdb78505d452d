// SPDX-License-Identifier: GPL-2.0-only
#include "claims/payload_numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/diagnostic.h"
#include "base/glob.h"
#include "base/json_numbers.h"
#include "base/overload.h"
#include "claims/pattern.h"
#include "ir/unit.h"

namespace ktstr::claims {
namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

constexpr JsonLimits limits{.depth = 64, .numbers = 10'000};
/// How often the text may be gone through in search of JSON within it.
constexpr std::size_t most_passes = 16;

/// The region that begins with the bracket the text begins with, up to the one that closes it, as
/// far as strings and brackets can tell; empty when nothing closes it.
std::string_view balanced(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      ++depth;
    } else if (!quoted && (c == '}' || c == ']') && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return {};
}

std::optional<Numbers> in_region(std::string_view text, char bracket) {
  std::size_t left = most_passes * text.size();
  for (std::size_t at = 0; (at = text.find(bracket, at)) != std::string_view::npos; ++at) {
    const std::string_view region = balanced(text.substr(at));
    const std::size_t looked_at = region.empty() ? text.size() - at : region.size();
    if (looked_at > left) break;
    left -= looked_at;
    if (std::optional<Numbers> found = json_numbers(region, limits); found && !found->empty())
      return found;
  }
  return std::nullopt;
}

std::optional<double> number(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(out))
    return std::nullopt;
  return out;
}

Numbers in_groups(const std::string& pattern, std::string_view text) {
  Numbers out;
  for (const auto& [name, group] : last_groups(pattern, text))
    if (const std::optional<double> value = number(group)) out.emplace_back(name, *value);
  return out;
}

/// Standard error counts only where standard output says nothing.
PayloadNumbers of_streams(const ir::PayloadRun& run, const auto& read, std::string_view what) {
  PayloadNumbers out{read(run.out), {}};
  if (out.numbers.empty()) out.numbers = read(run.err);
  if (out.numbers.empty()) out.flaw = "there is no " + std::string(what) + " in its output";
  if (out.numbers.empty() && run.dropped > 0)
    out.flaw += ", of which " + std::to_string(run.dropped) + " bytes were not kept";
  return out;
}

}  // namespace

Numbers numbers_in_json(std::string_view text) {
  if (std::optional<Numbers> all = json_numbers(text, limits)) return *std::move(all);
  for (const char bracket : {'{', '['})
    if (std::optional<Numbers> some = in_region(text, bracket)) return *std::move(some);
  return {};
}

PayloadNumbers numbers_of(const ir::Payload& payload, const ir::PayloadRun& run) {
  return std::visit(Overload{
                        [](const ir::ExitCodeOutput&) { return PayloadNumbers{}; },
                        [&](const ir::JsonOutput&) {
                          return of_streams(run, numbers_in_json, "JSON with numbers");
                        },
                        [&](const ir::RegexOutput& regex) {
                          const auto read = [&](std::string_view text) {
                            return in_groups(regex.pattern, text);
                          };
                          return of_streams(run, read, "match with a number");
                        },
                        [&](const ir::CommandOutput&) {
                          PayloadNumbers out{numbers_in_json(run.extracted), run.extract_error};
                          if (out.numbers.empty() && out.flaw.empty())
                            out.flaw = "its extractor gave no JSON with numbers";
                          return out;
                        },
                    },
                    payload.output);
}

const ir::PayloadMetric* metric_of(const ir::Payload& payload, std::string_view number) {
  const auto found = std::ranges::find_if(payload.metrics, [&](const ir::PayloadMetric& metric) {
    return metric.name == number || glob_matches(metric.name, number);
  });
  return found == payload.metrics.end() ? nullptr : &*found;
}

Dim dim_of(const ir::Payload& payload, std::string_view number) {
  const ir::PayloadMetric* metric = metric_of(payload, number);
  const ir::Measure measure =
      metric == nullptr ? ir::Measure{} : ir::measure_of(metric->unit).value_or(ir::Measure{});
  return {measure.time, measure.bytes};
}

std::string flaw_of_number(const ir::Payload& payload, const std::string& number) {
  if (std::holds_alternative<ir::ExitCodeOutput>(payload.output))
    return "the output of `" + payload.name + "` is not looked at for numbers: it has no `output`";
  const auto* regex = std::get_if<ir::RegexOutput>(&payload.output);
  if (regex == nullptr) return {};
  const std::vector<std::string> names = group_names(regex->pattern);
  if (names.empty() || std::ranges::find(names, number) != names.end()) return {};
  const std::string hint = suggestion(number, {names.begin(), names.end()});
  return "the pattern of `" + payload.name + "` has no group `" + number + "`" +
         (hint.empty() ? "" : "; " + hint);
}

}  // namespace ktstr::claims
