// SPDX-License-Identifier: GPL-2.0-only
// A scheduler as a run uses it, and what of it the guest needs to know.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/scalars.h"

namespace ktstr::ir {

/// A scheduler by name, started with flags of its definition and arguments of one's own. After
/// expand `args` is everything that its program is called with, but for `--config`, and `flags`
/// only tell.
struct SchedulerUse {
  std::string use;
  std::vector<std::string> flags;
  std::vector<std::string> args;

  bool operator==(const SchedulerUse&) const = default;
  static constexpr auto schema =
      schema::record(
          "scheduler_use", "A scheduler by its name.",
          schema::Field{"use", &SchedulerUse::use, "Its name.", schema::required},
          schema::Field{"flags", &SchedulerUse::flags,
                        "Flags of its definition, each standing for arguments."},
          schema::Field{"args", &SchedulerUse::args, "Arguments after those of its definition."})
          .written_as(schema::Shorthand::scalar);
};

/// `name+flag+flag`, as case ids have it.
inline std::string name_of(const SchedulerUse& use) {
  std::string out = use.use;
  for (const std::string& flag : use.flags) out += "+" + flag;
  return out;
}

using SysctlValue = std::variant<std::int64_t, std::string>;
using Argv = std::vector<std::string>;

struct Builtin {
  std::vector<Argv> enable;
  std::vector<Argv> disable;

  bool operator==(const Builtin&) const = default;
  static constexpr auto schema = schema::record(
      "builtin", "A scheduler that is part of the kernel: what switches it on and off.",
      schema::Field{"enable", &Builtin::enable,
                    "Commands: `[sysctl, NAME, VALUE]`, `[write, PATH, TEXT]`, or a program of "
                    "the host with its arguments.",
                    schema::required, schema::example("[[sysctl, kernel.sched_foo, \"1\"]]")},
      schema::Field{"disable", &Builtin::disable, "Commands of the same kinds."});
};

inline constexpr Nanos default_attach_timeout = 10s;

/// A scheduler in the guest.
struct GuestScheduler {
  std::string name;
  std::string program;  ///< Its path; empty for one that is part of the kernel.
  std::string config;   ///< The path of its configuration file, or empty.
  std::optional<Builtin> builtin;
  std::map<std::string, SysctlValue> sysctls;
  Nanos attach_timeout = default_attach_timeout;

  bool operator==(const GuestScheduler&) const = default;
  static constexpr auto schema = schema::record(
      "guest_scheduler", "A scheduler as the guest knows it.",
      schema::Field{"name", &GuestScheduler::name, "Its name."},
      schema::Field{"program", &GuestScheduler::program, "Its program."},
      schema::Field{"config", &GuestScheduler::config, "Its configuration file."},
      schema::Field{"builtin", &GuestScheduler::builtin, "Part of the kernel, then how."},
      schema::Field{"sysctls", &GuestScheduler::sysctls, "Set before it is started."},
      schema::Field{"attach_timeout", &GuestScheduler::attach_timeout,
                    "How long it may take to attach.", schema::range(100ms, 10min)});
};

}  // namespace ktstr::ir

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::ir::SysctlValue>{
    "sysctl_value", "A whole number or text.", ktstr::schema::Tagging::by_shape};
