// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/mischief_options.h"

#include <cstring>

namespace ktstr::bpf {
namespace {

/// Text for a fixed, zero-terminated array; what is empty or too long is refused.
template <std::size_t size>
auto copy_to(char (&to)[size]) {
  return [&to](std::string_view text) {
    if (text.empty() || text.size() >= size) return false;
    std::memset(to, 0, size);
    std::memcpy(to, text.data(), text.size());
    return true;
  };
}

auto set(unsigned& flag) {
  return [&flag](std::string_view) { return (flag = 1) != 0; };
}

/// "2" or "50%": at least one, and not all.
unsigned some_of(std::string_view text, unsigned cpus) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const unsigned value = parse_number(text, percent ? 99 : 1'000'000).value_or(0);
  const unsigned count = percent ? (value * cpus + 99) / 100 : value;
  return count < cpus ? count : 0;
}

}  // namespace

std::vector<Option> mischief_options(MischiefRequest& request, Settings& settings, unsigned cpus) {
  ktstr_mischief& control = request.control;
  const auto after = [&control](std::string_view text) {
    const auto value = parse_duration(text);
    if (value) control.after_ns = static_cast<unsigned long long>(value->count());
    return value.has_value();
  };
  const auto refuse = [&request](const char* program) {
    return [&request, program](std::string_view) {
      request.refused = program;
      return true;
    };
  };
  return {
      {"--command", "", "only tell the scx_mischief that runs to do the rest, or nothing any more",
       [&request](std::string_view) { return request.command = true; }},
      {"--after", "TIME", "misbehave from then on, counted from the attach", after},
      {"--stall-one", "", "never run one worker again", set(control.stall_one)},
      {"--starve-cgroup", "NAME", "run no task of this cgroup or those below it",
       copy_to(control.starve_cgroup)},
      {"--ignore-affinity", "", "send tasks to CPUs that they may not use",
       set(control.ignore_affinity)},
      {"--flood-fallback", "", "wake tasks on CPUs that they may not use",
       set(control.flood_fallback)},
      {"--error", "TEXT", "call scx_bpf_error with this text", copy_to(control.error)},
      {"--refuse-load", "", "be refused by the verifier", refuse("refused_plain")},
      {"--refuse-load-loop", "", "be refused by it after many steps of a loop",
       refuse("refused_loop")},
      {"--loop-in-dispatch", "", "spin in ops.dispatch for longer than the watchdog's limit",
       [&control, &settings](std::string_view) {
         control.loop_in_dispatch = 1;
         if (settings.timeout_ms == 0) settings.timeout_ms = loop_timeout_ms;
         return true;
       }},
      {"--idle-cpus", "N|N%", "leave the highest CPUs idle, as far as affinities allow",
       [&control, cpus](std::string_view text) {
         return (control.idle_cpus = some_of(text, cpus)) > 0;
       }},
      {"--degrade-after", "TIME", "pause every other 100 ms from then on",
       [&control, after](std::string_view text) { return (control.degrade = 1) && after(text); }},
      {"--exit-after", "TIME", "end by itself then, with status 0",
       [&settings](std::string_view text) {
         settings.exit_after = parse_duration(text).value_or(std::chrono::nanoseconds(0));
         return settings.exit_after.count() > 0;
       }},
  };
}

}  // namespace ktstr::bpf
