// SPDX-License-Identifier: GPL-2.0-only
// What definitions of payloads must obey, and a rehearsal of the run: which payloads have been
// started when an op awaits or ends one. What a pattern means is asked by src/claims.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/overload.h"
#include "ir/unit.h"
#include "parse/rules.h"

namespace ktstr::parse {
namespace {

constexpr std::size_t most_payloads = 256;

class Payloads {
 public:
  Payloads(const Ruled& ruled, Diagnostics& diagnostics)
      : ruled_(ruled), diagnostics_(diagnostics) {
    for (const ir::Payload& payload : ruled.scenario.payloads) names_.push_back(payload.name);
  }

  void run() {
    const ir::Scenario& scenario = ruled_.scenario;
    if (scenario.payloads.size() > most_payloads)
      add(code("out_of_range"), "payloads", "a scenario may have at most 256 payloads");
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < scenario.payloads.size(); ++i) {
      define(scenario.payloads[i], item_path("payloads", i));
      if (!seen.insert(scenario.payloads[i].name).second && ruled_.complete)
        add(code("duplicate_name"), item_path("payloads", i) + ".name",
            "two payloads are called `" + scenario.payloads[i].name + "`");
    }
    cgroups(scenario.backdrop.cgroups, "backdrop.cgroups");
    ops(scenario.backdrop.ops, "backdrop.ops");
    cgroups(scenario.cgroups, "cgroups");
    for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
      cgroups(scenario.steps[i].cgroups, item_path("steps", i) + ".cgroups");
      ops(scenario.steps[i].ops, item_path("steps", i) + ".ops");
    }
  }

 private:
  void add(Code code, const std::string& path, std::string message, std::string hint = {}) {
    diagnostics_.add({code, ruled_.map.find(path), std::move(message), std::move(hint)});
  }

  void define(const ir::Payload& payload, const std::string& path) {
    if (!is_plain_name(payload.name) && (!payload.name.empty() || ruled_.complete))
      add(code("bad_value"), path + ".name", "`" + payload.name + "` cannot be a payload's name",
          "letters, digits, `_`, `-` and `.`, at most 64 of them");
    command(payload.run, path + ".run");
    if (const auto* extractor = std::get_if<ir::CommandOutput>(&payload.output))
      command(extractor->argv, path + ".output.command.argv");
    for (std::size_t i = 0; i < payload.metrics.size(); ++i)
      if (const std::string& unit = payload.metrics[i].unit; !ir::measure_of(unit))
        add(code("bad_value"), item_path(path + ".metrics", i) + ".unit",
            "`" + unit + "` is no unit", "for example us, KiB, %, /s or MB/s");
  }

  void command(const ir::Argv& argv, const std::string& path) {
    if (!ruled_.complete || (!argv.empty() && !argv[0].empty())) return;
    add(code("bad_value"), path, "a command has at least one word");
  }

  bool known(const std::string& name, const std::string& path) {
    // What `{i}` stands for only the topology decides.
    const bool repeated = !names_.empty() && name.find("{i}") != std::string::npos;
    if (!ruled_.complete || repeated || std::ranges::find(names_, name) != names_.end())
      return true;
    add(code("unknown_payload"), path, "there is no payload `" + name + "`",
        names_.empty() ? "define it under `payloads`" : suggestion(name, names_));
    return false;
  }

  void start(const std::string& name, const std::string& path) {
    if (known(name, path)) started_.insert(name);
  }

  /// One that an op wants to have been started.
  void use(const std::string& name, const std::string& path) {
    if (!known(name, path) || !ruled_.complete || started_.contains(name)) return;
    add(code("unknown_payload"), path, "nothing has started the payload `" + name + "` here",
        "`run_payload` does, and `payload` of a cgroup");
  }

  void cgroups(const std::vector<ir::Cgroup>& list, const std::string& path) {
    for (std::size_t i = 0; i < list.size(); ++i)
      if (list[i].payload) start(*list[i].payload, item_path(path, i) + ".payload");
  }

  void ops(const std::vector<ir::Op>& list, const std::string& path) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string here = item_path(path, i) + "." + std::string(name_of(list[i]));
      std::visit(Overload{
                     [&](const ir::DefineCgroup& op) {
                       if (op.cgroup.payload) start(*op.cgroup.payload, here + ".payload");
                     },
                     [&](const ir::RunPayload& op) { start(op.payload, here + ".payload"); },
                     [&](const ir::WaitPayload& op) { use(op.payload, here + ".payload"); },
                     [&](const ir::KillPayload& op) { use(op.payload, here + ".payload"); },
                     [](const auto&) {},
                 },
                 list[i]);
    }
  }

  const Ruled& ruled_;
  Diagnostics& diagnostics_;
  std::vector<std::string_view> names_{};
  std::set<std::string> started_{};
};

}  // namespace

void check_payloads(const Ruled& ruled, Diagnostics& diagnostics) {
  Payloads(ruled, diagnostics).run();
}

}  // namespace ktstr::parse
