// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/options.h"

#include <algorithm>
#include <charconv>

namespace ktstr::bpf {

using namespace std::chrono_literals;

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string_view unit = digits == std::string_view::npos ? "s" : text.substr(digits);
  std::chrono::nanoseconds one{0};
  if (unit == "us") one = 1us;
  if (unit == "ms") one = 1ms;
  if (unit == "s") one = 1s;
  if (unit == "min") one = 1min;
  const std::optional<unsigned> count =
      parse_number(text.substr(0, std::min(digits, text.size())), 4'000'000'000);
  if (!count || one == 0ns || *count > std::chrono::nanoseconds(24h) / one) return std::nullopt;
  return *count * one;
}

std::vector<Option> common_options(Settings& settings) {
  return {
      {"--partial", "", "schedule only tasks whose policy is SCHED_EXT",
       [&settings](std::string_view) { return settings.partial = true; }},
      {"--timeout-ms", "N", "the watchdog's limit, 1 to 30000; by default the kernel's",
       [&settings](std::string_view text) {
         settings.timeout_ms = parse_number(text, 30'000).value_or(0);
         return settings.timeout_ms > 0;
       }},
      {"--stats", "PATH", "where to serve statistics; empty: nowhere",
       [&settings](std::string_view text) {
         settings.stats = text;
         return true;
       }},
      {"--help", "", "print this", [&settings](std::string_view) { return settings.help = true; }},
  };
}

std::string parse_options(std::span<const char* const> arguments,
                          const std::vector<Option>& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::string_view name = argument.substr(0, argument.find('='));
    const bool joined = name.size() < argument.size();
    const auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) return "there is no option " + std::string(name);
    std::string_view value;
    if (option->value.empty() && joined) return std::string(name) + " takes no value";
    if (!option->value.empty()) {
      if (!joined && ++i == arguments.size()) return std::string(name) + " needs a value";
      value = joined ? argument.substr(name.size() + 1) : std::string_view(arguments[i]);
    }
    if (!option->take(value))
      return std::string(name) + " does not take `" + std::string(value) + "`";
  }
  return {};
}

std::string help_text(std::string_view program, const std::vector<Option>& options) {
  std::string out = "usage: " + std::string(program) + " [OPTIONS]\n";
  for (const Option& option : options) {
    std::string line = "  " + std::string(option.name);
    if (!option.value.empty()) line += " " + std::string(option.value);
    line.resize(std::max<std::size_t>(line.size() + 2, 28), ' ');
    out += line + std::string(option.help) + "\n";
  }
  return out;
}

}  // namespace ktstr::bpf
