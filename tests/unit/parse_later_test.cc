// SPDX-License-Identifier: GPL-2.0-only
// Every word of the language is either in the vocabulary or refused by name.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "ir/scenario.h"
#include "parse/later.h"
#include "schema/tree.h"
#include "support/parse_text.h"

using namespace ktstr;
using namespace ktstr::testing;

namespace {

using Words = std::set<std::string_view>;

/// Fields of a record, words of a choice or enumeration.
Words vocabulary(const schema::Type& type) {
  Words out;
  if (const auto* record = std::get_if<schema::RecordShape>(&type.shape))
    for (const schema::FieldType& field : record->fields) out.insert(field.name);
  if (const auto* choice = std::get_if<schema::ChoiceShape>(&type.shape))
    for (const schema::TypeRef alternative : choice->alternatives)
      out.insert(schema::word_of(alternative()));
  return out;
}

template <class T>
void check_words(const Words& language) {
  const schema::Type& type = schema::type_of<T>();
  const Words built = vocabulary(type);
  REQUIRE(!built.empty());
  for (const std::string_view word : language) {
    INFO(word);
    CHECK(built.contains(word) != (parse::find_later(type.name, word) != nullptr));
  }
}

}  // namespace

TEST_CASE("every key of a document is built or refused by name") {
  Words keys{"name",
             "about",
             "tags",
             "topology",
             "memory",
             "kernel",
             "require",
             "duration",
             "timeout",
             "watchdog",
             "settle",
             "seed",
             "vars",
             "workers",
             "sample_every",
             "payloads",
             "cgroups",
             "schedulers",
             "scheduler",
             "backdrop",
             "steps",
             "claims",
             "checks",
             "expect",
             "gauntlet",
             "sysctls",
             "kargs",
             "files",
             "cgroup_root",
             "performance",
             "allow_inconclusive",
             "disk"};
  check_words<ir::Scenario>(keys);  // `include` and `extends` are gone when the document is read.
}

TEST_CASE("every key of a cgroup and a work group is built or refused by name") {
  const Words group{"workers", "work", "policy", "nice",  "affinity", "mem_policy",
                    "comm",    "uid",  "gid",    "clone", "node"};
  Words cgroup{"name",   "cpuset", "cpuset_mems", "swappable", "payload", "cpu",
               "memory", "io",     "pids",        "groups",    "for_each"};
  cgroup.insert(group.begin(), group.end());
  check_words<ir::WorkGroup>(group);
  check_words<ir::Cgroup>(cgroup);
  check_words<ir::DefineCgroup>(cgroup);
  check_words<ir::CpuLimits>({"weight", "max"});
  check_words<ir::MemoryLimits>({"max", "high", "low", "swap_max"});
  check_words<ir::CpusetSpec>({"all", "llc", "node", "range", "disjoint", "overlap", "cpus"});
  check_words<ir::Affinity>({"inherit", "random", "llc", "spanning", "single", "smt_pair", "cpus"});
}

TEST_CASE("every type of work is built or refused by name") {
  const Words work{"spin",
                   "yield_heavy",
                   "mixed",
                   "bursty",
                   "pipe_io",
                   "futex_ping_pong",
                   "cache_pressure",
                   "cache_yield",
                   "cache_pipe",
                   "futex_fan_out",
                   "sequence",
                   "fork_exit",
                   "nice_sweep",
                   "affinity_churn",
                   "policy_churn",
                   "fan_out_compute",
                   "page_fault_churn",
                   "mutex_contention",
                   "io_sync_write",
                   "io_rand_read",
                   "io_convoy",
                   "cross_affinity_churn",
                   "thundering_herd",
                   "priority_inversion",
                   "producer_consumer_imbalance",
                   "rt_starvation",
                   "asymmetric_waker",
                   "wake_chain",
                   "numa_working_set_sweep",
                   "cgroup_churn",
                   "cgroup_attach_storm",
                   "signal_storm",
                   "preempt_storm",
                   "epoll_storm",
                   "numa_migration_churn",
                   "idle_churn",
                   "alu_hot",
                   "smt_sibling_spin",
                   "ipc_variance",
                   "timer_latency",
                   "net_traffic",
                   "irq_wake",
                   "schbench",
                   "taobench",
                   "program"};
  CHECK(work.size() == 45);
  check_words<ir::Work>(work);
}

TEST_CASE("every op and check is built or refused by name") {
  check_words<ir::Op>({"add_cgroup",
                       "remove_cgroup",
                       "define_cgroup",
                       "set_cpuset",
                       "clear_cpuset",
                       "swap_cpusets",
                       "set_cpu",
                       "set_memory",
                       "spawn",
                       "stop_cgroup",
                       "spawn_host",
                       "set_affinity",
                       "set_policy",
                       "set_nice",
                       "move_tasks",
                       "freeze",
                       "unfreeze",
                       "run_payload",
                       "wait_payload",
                       "kill_payload",
                       "attach_scheduler",
                       "detach_scheduler",
                       "restart_scheduler",
                       "replace_scheduler",
                       "snapshot",
                       "watch",
                       "write_map",
                       "hotplug",
                       "sysctl",
                       "mark",
                       "sleep"});
  check_words<ir::Checks>({"starvation", "isolation", "kernel_log", "scheduler_alive", "gap",
                           "spread", "payloads", "stall", "imbalance", "dsq_depth", "fallback",
                           "keep_last", "work_conservation"});
}

TEST_CASE("no word is refused that is built, and none twice") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  const schema::Type* types[] = {
      &schema::type_of<ir::Scenario>(),  &schema::type_of<ir::Cgroup>(),
      &schema::type_of<ir::WorkGroup>(), &schema::type_of<ir::Work>(),
      &schema::type_of<ir::Policy>(),    &schema::type_of<ir::Op>(),
      &schema::type_of<ir::Checks>(),    &schema::type_of<ir::Gauntlet>()};
  for (const parse::LaterWord& row : parse::later_words()) {
    INFO(row.context << " " << row.word);
    CHECK(seen.emplace(row.context, row.word).second);
    const auto* type = std::ranges::find(types, row.context, &schema::Type::name);
    REQUIRE(type != std::end(types));
    CHECK_FALSE(vocabulary(**type).contains(row.word));
  }
}

TEST_CASE("a word of a later feature is refused where it stands") {
  CHECK(mistakes("cgroups: [{name: a}]\nchecks: {stall: on}\ngauntlet: {kernels: [x]}\n") ==
        "E016 2:10 `stall` is not part of this build yet (it is for observing runqueues from "
        "outside)\n"
        "E016 3:12 `kernels` is not part of this build yet (it is for varying kernels)\n");
}
