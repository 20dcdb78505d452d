// SPDX-License-Identifier: GPL-2.0-only
#include "cli/rerun.h"

#include <algorithm>

#include "topology/topology.h"

namespace ktstr::cli {
namespace {

/// Whether a shell takes the character for itself wherever it stands in a word.
bool is_plain(char c) {
  constexpr std::string_view marks = "_-./=,:+@%";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != marks.npos;
}

std::string option(std::string_view name, std::string_view value) {
  return " --" + std::string(name) + " " + shell_quoted(value);
}

/// Which machine, where it is not the scenario's own.
std::string shape(const std::string& preset) {
  if (preset == "-") return {};
  if (topology::Shape::parse(preset)) return option("topology", preset);
  return " " + shell_quoted("--gauntlet=" + preset);
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  std::string out = "'";
  for (const char c : word) c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

std::string repeated_options(const RunArguments& arguments, const std::string& kernel) {
  std::string out = option("kernel", kernel);
  if (arguments.accelerator) out += option("accel", schema::word_of(*arguments.accelerator));
  for (const std::string& each : arguments.schedulers) out += option("scheduler", each);
  for (const std::string& each : arguments.program_directories) out += option("program-dir", each);
  if (arguments.max_vcpus > 0) out += option("max-vcpus", std::to_string(arguments.max_vcpus));
  if (arguments.overcommit) out += " --overcommit";
  if (arguments.performance) out += " --performance";
  return out;
}

std::string rerun_command(const std::string& file, const ir::CaseId& id,
                          const std::string& options) {
  return "ktstr-run " + shell_quoted(file) + shape(id.preset) + option("filter", to_text(id)) +
         options;
}

}  // namespace ktstr::cli
