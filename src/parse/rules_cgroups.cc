// SPDX-License-Identifier: GPL-2.0-only
// The names of cgroups, and a rehearsal of the run: which cgroups exist when an op names one. A
// cgroup under `for_each` is known by its pattern, `cg_{i}`; what only the topology decides is
// left to expand and the run.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/overload.h"
#include "ir/variables.h"
#include "parse/rules.h"

namespace ktstr::parse {
namespace {

constexpr std::string_view placeholder = "{i}";
constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_part = 100;
constexpr std::size_t deepest_name = 16;

/// What a component may not begin with: the files that the kernel puts into every cgroup.
constexpr std::string_view interface_files[] = {"cgroup.",  "cpu.",  "cpuset.", "memory.", "io.",
                                                "hugetlb.", "pids.", "misc.",   "rdma.",   "irq."};

/// Whether a cgroup's own files need a controller that its ancestors hand down.
bool needs_controller(const ir::Cgroup& cgroup) {
  return cgroup.cpuset || cgroup.cpuset_mems || cgroup.cpu != ir::CpuLimits{} ||
         cgroup.memory != ir::MemoryLimits{} || cgroup.io != ir::IoLimits{} ||
         cgroup.pids != ir::PidsLimits{};
}

/// Whether who does the work moves between cgroups nested in its own.
bool moves(const std::optional<ir::Work>& work) {
  return work && ir::nested_cgroups(*work).has_value();
}

bool is_part_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.:@+").find(c) != std::string_view::npos;
}

std::string without_placeholders(std::string name) {
  for (std::size_t at; (at = name.find(placeholder)) != std::string::npos;)
    name.replace(at, placeholder.size(), "0");
  return name;
}

/// Why a name cannot be that of a cgroup; empty when it can.
std::string flaw_of_part(std::string_view part) {
  if (part.empty()) return "a `/` stands between two names";
  if (part == "." || part == "..") return "`.` and `..` are not names";
  if (part.size() > longest_part) return "at most 100 characters between slashes";
  if (!std::ranges::all_of(part, is_part_character))
    return "letters, digits and `_-.:@+`, with `/` between parts";
  for (const std::string_view prefix : interface_files)
    if (part.starts_with(prefix))
      return "the kernel's own files begin with `" + std::string(prefix) + "`";
  return {};
}

}  // namespace

std::string flaw_of_cgroup_name(const std::string& name) {
  if (name.empty()) return "it must not be empty";
  if (name.size() > longest_name) return "at most 200 characters";
  if (std::ranges::count(name, '/') >= static_cast<std::ptrdiff_t>(deepest_name))
    return "at most " + std::to_string(deepest_name) + " cgroups inside each other";
  std::string_view rest = name;
  while (true) {
    const std::size_t cut = rest.find('/');
    if (std::string flaw = flaw_of_part(rest.substr(0, cut)); !flaw.empty()) return flaw;
    if (cut == std::string_view::npos) return {};
    rest.remove_prefix(cut + 1);
  }
}

namespace {

/// Whether `name` is the pattern's with some number in place of each `{i}`.
bool matches(std::string_view pattern, std::string_view name) {
  const std::size_t at = pattern.find(placeholder);
  if (at == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, at))) return false;
  const std::string_view rest = pattern.substr(at + placeholder.size());
  std::size_t digits = at;
  while (digits < name.size() && name[digits] >= '0' && name[digits] <= '9') {
    ++digits;
    if (matches(rest, name.substr(digits))) return true;
  }
  return false;
}

class Rehearsal {
 public:
  Rehearsal(const Ruled& ruled, Diagnostics& diagnostics)
      : ruled_(ruled), diagnostics_(diagnostics) {}

  void run() {
    const ir::Scenario& scenario = ruled_.scenario;
    create_all(scenario.backdrop.cgroups, "backdrop.cgroups");
    ops(scenario.backdrop.ops, "backdrop.ops");
    create_all(scenario.cgroups, "cgroups");
    for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
      const ir::Step& step = scenario.steps[i];
      const std::string path = item_path("steps", i);
      step_ = i + 1;
      create_all(step.cgroups, path + ".cgroups");
      ops(step.ops, path + ".ops");
      // What one round leaves behind meets the next.
      if (step.hold && std::holds_alternative<ir::Repeat>(*step.hold) && ok_so_far())
        ops(step.ops, path + ".ops");
      std::erase_if(living_, [&](const auto& each) { return each.second.step == step_; });
    }
  }

 private:
  struct Life {
    std::size_t step;  ///< Of the step that made it, from 1; 0 for the backdrop's.
    std::string path;
    bool controlled = false;  ///< It has a cpuset or limits.
    bool populated = false;   ///< Workers are in it.
    bool nests = false;       ///< They are in cgroups of ours nested in it.
  };

  void add(Code code, Place place, std::string message, std::string hint = {}) {
    diagnostics_.add({code, std::move(place), std::move(message), std::move(hint)});
    ++mistakes_;
  }
  [[nodiscard]] bool ok_so_far() const { return mistakes_ == 0; }

  void create_all(const std::vector<ir::Cgroup>& cgroups, const std::string& path) {
    for (std::size_t i = 0; i < cgroups.size(); ++i) create(cgroups[i], item_path(path, i));
  }

  void create(const ir::Cgroup& cgroup, const std::string& path) {
    if (!cgroup.groups.empty() && cgroup.group.work)
      add(code("conflict"), ruled_.map.find_key(path + ".work"), "`groups` excludes `work`",
          "give each of the groups its `work`");
    check_repetition(cgroup, path);
    check_nesting(cgroup, path);
    create(cgroup.name, path + ".name");
    const auto made = living_.find(cgroup.name);
    if (made == living_.end()) return;
    if (needs_controller(cgroup)) control(cgroup.name, path + ".name");
    if (cgroup.payload || has_workers(cgroup, ruled_.scenario.workers))
      populate(cgroup.name, path + ".name");
    made->second.nests =
        moves(cgroup.group.work) || std::ranges::any_of(cgroup.groups, moves, &ir::WorkGroup::work);
  }

  // cgroup v2 does not let a cgroup hand controllers down and have processes of its own.

  void control(const std::string& name, const std::string& path) {
    const auto self = living_.find(name);
    if (self == living_.end() || self->second.controlled) return;
    self->second.controlled = true;
    for (const auto& [outer, life] : living_)
      if (life.populated && name.starts_with(outer + "/")) internal_processes(outer, name, path);
  }

  void populate(const std::string& name, const std::string& path) {
    const auto self = living_.find(name);
    if (self == living_.end() || self->second.populated) return;
    self->second.populated = true;
    for (const auto& [other, life] : living_)
      if (life.controlled && other.starts_with(name + "/"))
        return internal_processes(name, other, path);
  }

  void internal_processes(const std::string& outer, const std::string& inner,
                          const std::string& path) {
    add(code("conflict"), ruled_.map.find(path),
        "`" + inner + "` needs a controller of the kernel, so `" + outer +
            "` around it cannot have workers",
        "put the workers into a cgroup of their own, for example `" + outer + "/workers`");
  }

  /// Tasks cannot be in a cgroup that shares CPU time out among those nested in it.
  void check_nesting(const ir::Cgroup& cgroup, const std::string& path) {
    const auto nests = [&](const ir::WorkGroup& group) {
      return moves(group.work ? group.work : cgroup.group.work);
    };
    const auto mover = std::ranges::find_if(cgroup.groups, nests);
    if (cgroup.payload && (mover != cgroup.groups.end() || moves(cgroup.group.work)))
      return beside_movers(path + ".payload");
    if (mover == cgroup.groups.end() || std::ranges::all_of(cgroup.groups, nests)) return;
    beside_movers(
        item_path(path + ".groups", static_cast<std::size_t>(mover - cgroup.groups.begin())));
  }

  void beside_movers(const std::string& path) {
    add(code("conflict"), ruled_.map.find(path),
        "workers that move between cgroups nested in their own share it with others",
        "give the others a cgroup of their own");
  }

  [[nodiscard]] bool nests(const std::string& name) const {
    const auto found = living_.find(name);
    return found != living_.end() && found->second.nests;
  }

  /// What an op limits.
  void limit(const std::string& name, const std::string& path) {
    use(name, path);
    control(name, path);
  }

  /// An op takes the workers away; gives whether there were any.
  bool leave(const std::string& name) {
    const auto self = living_.find(name);
    return self != living_.end() && std::exchange(self->second.populated, false);
  }

  /// What comes into a cgroup that exists.
  void join(const std::string& name, bool mover, const std::string& path) {
    use(name, path);
    if (nests(name) && !mover) return beside_movers(path);
    populate(name, path);
    if (const auto self = living_.find(name); self != living_.end())
      self->second.nests = self->second.nests || mover;
  }

  void add_empty(const std::string& name, const std::string& path) {
    if (name.find(placeholder) != std::string::npos) return outside_of_repetition(path);
    create(name, path);
  }

  void outside_of_repetition(const std::string& path) {
    add(code("unknown_name"), ruled_.map.find(path),
        "`{i}` exists only in a cgroup with `for_each`");
  }

  void check_repetition(const ir::Cgroup& cgroup, const std::string& path) {
    const bool has_placeholder = cgroup.name.find(placeholder) != std::string::npos;
    if (!cgroup.for_each && has_placeholder) outside_of_repetition(path + ".name");
    if (!cgroup.for_each || has_placeholder || cgroup.name.empty()) return;
    const auto* count = std::get_if<ir::Count>(&*cgroup.for_each);
    const bool once = count != nullptr && count->resolved() && count->get() <= 1;
    if (!once)
      add(code("duplicate_name"), ruled_.map.find(path + ".name"),
          "every repetition of the cgroup would be called `" + cgroup.name + "`",
          "for example `" + cgroup.name + "_{i}`");
  }

  void create(const std::string& name, const std::string& path) {
    if (name.empty() && !ruled_.complete) return;
    const Place place = ruled_.map.find(path);
    if (ir::is_reserved(name))
      return add(code("reserved_name"), place,
                 "`" + name + "` already has a meaning, no cgroup may be called so");
    // Whether `{i}` may stand here has been checked by the caller.
    if (const std::string flaw = flaw_of_cgroup_name(without_placeholders(name)); !flaw.empty())
      return add(code("bad_value"), place, "`" + name + "` cannot be the name of a cgroup", flaw);
    const auto [first, is_new] = living_.try_emplace(name, Life{step_, path});
    if (is_new) return;
    const bool same_place = first->second.path == path;
    add(code("duplicate_name"), place,
        same_place ? "the next round would create `" + name + "` again"
                   : "there is a cgroup `" + name + "` already",
        same_place ? "remove it at the end of the round"
                   : "it is created at " + to_text(ruled_.map.find(first->second.path)));
  }

  void use(const std::string& name, const std::string& path) {
    if (!ruled_.complete || exists(name)) return;
    std::vector<std::string_view> names;
    for (const auto& [each, life] : living_) names.push_back(each);
    const auto gone = removed_.find(name);
    add(code("unknown_cgroup"), ruled_.map.find(path), "there is no cgroup `" + name + "` here",
        gone == removed_.end() ? suggestion(name, names)
                               : "it is removed at " + to_text(ruled_.map.find(gone->second)));
  }

  [[nodiscard]] bool exists(const std::string& name) const {
    return std::ranges::any_of(living_,
                               [&](const auto& each) { return matches(each.first, name); });
  }

  void remove(const std::string& name, const std::string& path) {
    use(name, path);
    if (living_.erase(name) > 0) removed_.insert_or_assign(name, path);
    // With a cgroup go those inside it.
    std::erase_if(living_, [&](const auto& each) { return each.first.starts_with(name + "/"); });
  }

  void ops(const std::vector<ir::Op>& list, const std::string& path) {
    for (std::size_t i = 0; i < list.size(); ++i)
      op(list[i], item_path(path, i) + "." + std::string(name_of(list[i])));
  }

  void op(const ir::Op& any, const std::string& path) {
    std::visit(
        Overload{
            [&](const ir::AddCgroup& op) { add_empty(op.name, path + ".name"); },
            [&](const ir::RemoveCgroup& op) { remove(op.cgroup, path + ".cgroup"); },
            [&](const ir::DefineCgroup& op) { create(op.cgroup, path); },
            [&](const ir::SetCpuset& op) { limit(op.cgroup, path + ".cgroup"); },
            [&](const ir::ClearCpuset& op) { limit(op.cgroup, path + ".cgroup"); },
            [&](const ir::SwapCpusets& op) {
              limit(op.first, path + ".first");
              limit(op.second, path + ".second");
            },
            [&](const ir::SetCpu& op) { limit(op.cgroup, path + ".cgroup"); },
            [&](const ir::SetMemory& op) { limit(op.cgroup, path + ".cgroup"); },
            [&](const ir::Spawn& op) { join(op.cgroup, moves(op.group.work), path + ".cgroup"); },
            [](const ir::SpawnHost&) {},
            [&](const ir::StopCgroup& op) {
              use(op.cgroup, path + ".cgroup");
              leave(op.cgroup);
            },
            [&](const ir::MoveTasks& op) {
              use(op.from, path + ".from");
              use(op.to, path + ".to");
              if (nests(op.from)) beside_movers(path + ".from");
              if (nests(op.to)) beside_movers(path + ".to");
              if (leave(op.from)) populate(op.to, path + ".to");
            },
            [&](const ir::SetAffinity& op) { use(op.cgroup, path + ".cgroup"); },
            [&](const ir::SetPolicy& op) { use(op.cgroup, path + ".cgroup"); },
            [&](const ir::SetNice& op) { use(op.cgroup, path + ".cgroup"); },
            [](const ir::AttachScheduler&) {},
            [](const ir::DetachScheduler&) {},
            [](const ir::RestartScheduler&) {},
            [](const ir::ReplaceScheduler&) {},
            [](const ir::Hotplug&) {},
            [](const ir::Sysctl&) {},
            [&](const ir::Freeze& op) { use(op.cgroup, path + ".cgroup"); },
            [&](const ir::Unfreeze& op) { use(op.cgroup, path + ".cgroup"); },
            [&](const ir::RunPayload& op) { join(op.cgroup, false, path + ".cgroup"); },
            [](const ir::WaitPayload&) {},
            [](const ir::KillPayload&) {},
            [](const ir::Mark&) {},
            [](const ir::Sleep&) {},
        },
        any);
  }

  const Ruled& ruled_;
  Diagnostics& diagnostics_;
  std::size_t step_ = 0;
  std::size_t mistakes_ = 0;
  std::map<std::string, Life> living_{};
  std::map<std::string, std::string> removed_{};  ///< And where.
};

}  // namespace

void check_cgroups(const Ruled& ruled, Diagnostics& diagnostics) {
  Rehearsal(ruled, diagnostics).run();
}

}  // namespace ktstr::parse
