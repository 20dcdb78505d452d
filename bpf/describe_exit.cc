// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <cstring>

#include "bpf/loader.h"

namespace ktstr::bpf {
namespace {

struct Kind {
  unsigned number;
  std::string_view name;
};

/// enum scx_exit_kind without its prefix.
constexpr std::array kinds = {
    Kind{0, "NONE"},       Kind{1, "DONE"},         Kind{64, "UNREG"},
    Kind{65, "UNREG_BPF"}, Kind{66, "UNREG_KERN"},  Kind{67, "SYSRQ"},
    Kind{1024, "ERROR"},   Kind{1025, "ERROR_BPF"}, Kind{1026, "ERROR_STALL"}};

template <std::size_t size>
std::string_view text_of(const char (&text)[size]) {
  return {text, strnlen(text, size)};
}

}  // namespace

std::string describe_exit(std::string_view name, const ktstr_exit& exit) {
  const auto kind = std::ranges::find(kinds, exit.kind, &Kind::number);
  std::string out = std::string(name) + ": ended: ";
  out += kind == kinds.end() ? "another kind" : kind->name;
  out += " (" + std::to_string(exit.kind);
  if (exit.code != 0) out += ", code " + std::to_string(exit.code);
  out += ")";
  for (const std::string_view text : {text_of(exit.reason), text_of(exit.message)})
    if (!text.empty()) out += ": " + std::string(text);
  out += "\n";
  std::string_view dump = text_of(exit.dump);
  if (dump.empty()) return out;
  while (dump.ends_with('\n')) dump.remove_suffix(1);
  return out + "-- BEGIN DUMP --\n" + std::string(dump) + "\n-- END DUMP --\n";
}

}  // namespace ktstr::bpf
