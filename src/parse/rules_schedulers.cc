// SPDX-License-Identifier: GPL-2.0-only
// What a definition of a scheduler must obey by itself. Whether the names that a scenario uses are
// defined is asked by expand, because `--scheduler NAME=PATH` defines names too.
#include <algorithm>
#include <set>
#include <string>

#include "ir/kernel_facts.h"
#include "parse/rules.h"

namespace ktstr::parse {
namespace {

/// The gauntlet makes every set of them.
constexpr std::size_t most_flags = 16;

class Definition {
 public:
  Definition(const Ruled& ruled, const ir::Scheduler& scheduler, std::string path,
             Diagnostics& diagnostics)
      : ruled_(ruled), it_(scheduler), path_(std::move(path)), diagnostics_(diagnostics) {}

  void check() {
    name(it_.name, path_ + ".name", "a scheduler");
    if (it_.binary && it_.builtin)
      conflict(".builtin",
               "`builtin` excludes `binary`: the scheduler is a program or a part of "
               "the kernel");
    if (it_.builtin &&
        (!it_.args.empty() || !it_.flags.empty() || !it_.watchdog_args.empty() || it_.config))
      conflict(".builtin", "a part of the kernel takes no arguments, flags or configuration file");
    if (it_.builtin) commands();
    if (it_.kernels && !ir::parse_kernel_range(*it_.kernels))
      add(code("bad_value"), ".kernels", "`" + *it_.kernels + "` is no range of kernels",
          "for example \"6.12..\", \"..7.1\" or \"6.12..7.1\"");
    check_sysctls(it_.sysctls, ruled_, path_ + ".sysctls", diagnostics_);
    check_kargs(it_.kargs, ruled_, path_ + ".kargs", diagnostics_);
    flags();
  }

 private:
  void add(Code code, const std::string& where, std::string message, std::string hint = {}) {
    diagnostics_.add({code, ruled_.map.find(path_ + where), std::move(message), std::move(hint)});
  }
  void conflict(const std::string& where, std::string message) {
    diagnostics_.add({code("conflict"), ruled_.map.find_key(path_ + where), std::move(message)});
  }

  void name(const std::string& text, const std::string& path, const std::string& what) {
    if (is_plain_name(text) || (text.empty() && !ruled_.complete)) return;
    diagnostics_.add({code("bad_value"), ruled_.map.find(path),
                      "`" + text + "` cannot be the name of " + what,
                      "letters, digits, `_`, `-` and `.`, at most 64 of them"});
  }

  void commands() {
    const auto check = [&](const std::vector<ir::Argv>& list, const std::string& key) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const ir::Argv& argv = list[i];
        const std::string where = ".builtin." + item_path(key, i);
        if (argv.empty() || argv[0].empty())
          add(code("bad_value"), where, "a command has at least one word");
        else if ((argv[0] == "sysctl" || argv[0] == "write") && argv.size() != 3)
          add(code("bad_value"), where, "`" + argv[0] + "` takes two words",
              argv[0] == "write" ? "[write, PATH, TEXT]" : "[sysctl, NAME, VALUE]");
      }
    };
    if (it_.builtin->enable.empty())
      add(code("bad_value"), ".builtin.enable", "nothing switches the scheduler on");
    check(it_.builtin->enable, "enable");
    check(it_.builtin->disable, "disable");
  }

  void flags() {
    if (it_.flags.size() > most_flags)
      add(code("out_of_range"), ".flags", "a scheduler may have at most 16 flags");
    std::vector<std::string_view> names;
    for (const ir::SchedulerFlag& flag : it_.flags) names.push_back(flag.name);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < it_.flags.size(); ++i) {
      const std::string where = item_path(".flags", i);
      const ir::SchedulerFlag& flag = it_.flags[i];
      name(flag.name, path_ + where + ".name", "a flag");
      if (!seen.insert(flag.name).second && ruled_.complete)
        add(code("duplicate_name"), where + ".name",
            "two flags of `" + it_.name + "` are called `" + flag.name + "`");
      for (std::size_t j = 0; j < flag.needs.size(); ++j)
        if (std::ranges::find(names, flag.needs[j]) == names.end() && ruled_.complete)
          add(code("unknown_scheduler"), where + "." + item_path("requires", j),
              "`" + it_.name + "` has no flag `" + flag.needs[j] + "`",
              suggestion(flag.needs[j], names));
    }
  }

  const Ruled& ruled_;
  const ir::Scheduler& it_;
  std::string path_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_plain_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && name[0] != '.' && name != "-" &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

void check_schedulers(const Ruled& ruled, Diagnostics& diagnostics) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < ruled.scenario.schedulers.size(); ++i) {
    const ir::Scheduler& scheduler = ruled.scenario.schedulers[i];
    const std::string path = item_path("schedulers", i);
    Definition(ruled, scheduler, path, diagnostics).check();
    if (!seen.insert(scheduler.name).second && ruled.complete)
      diagnostics.add({code("duplicate_name"), ruled.map.find(path + ".name"),
                       "two schedulers are called `" + scheduler.name + "`"});
  }
}

}  // namespace ktstr::parse
