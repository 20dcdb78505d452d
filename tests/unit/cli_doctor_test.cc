// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "cli/doctor.h"
#include "support/made_up_host.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

ir::KvmFacts good_kvm() {
  const ir::KvmTrial passed{ir::TrialOutcome::passed, {}};
  return {passed, passed, passed, passed, passed, 900e6};
}

/// A host where nothing is missing.
struct Best {
  MadeUpHost made_up{{.sockets = 2, .llcs = 2, .cores = 4, .threads = 2}};
  Examined examined;

  Best() {
    made_up.permit_everything();
    made_up.set_hugepages(0, 512, 512);
    made_up.write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
    made_up.write("/sys/fs/cgroup/cgroup.controllers", "cpu");
    made_up.write("/dev/kvm", "");
    for (const char* name : {"cpu", "memory", "io"})
      made_up.write(std::string("/proc/pressure/") + name, "some avg10=1.00 avg60=0.00\n");
    examined.host = made_up.facts();
    examined.kvm = good_kvm();
    examined.qemu = vmm::MonitorFacts{.name = "QEMU 10.0.2"};
    examined.kernels = {"7.3.4"};
    examined.tools = {{"clang", "16.0.6", 16, 16, "building BPF schedulers"}};
    examined.locks = "/run/ktstr";
  }
};

Observation about(const Diagnosis& diagnosis, std::string_view topic) {
  const auto found = std::ranges::find(diagnosis.observations, topic, &Observation::topic);
  if (found == diagnosis.observations.end()) FAIL("nothing is said about " << topic);
  return *found;
}

void check_advised(const Diagnosis& diagnosis) {
  for (const Observation& each : diagnosis.observations) {
    CAPTURE(each.topic, each.fact);
    CHECK((each.health == Health::good) == each.advice.empty());
  }
}

}  // namespace

TEST_CASE("where nothing is missing, nothing is advised") {
  const Best host;
  const Diagnosis diagnosis = diagnose(host.examined);
  for (const Observation& each : diagnosis.observations) {
    INFO(each.topic << ": " << each.fact);
    CHECK(each.health == Health::good);
    CHECK(each.advice.empty());
    CHECK_FALSE(each.fact.empty());
  }
  CHECK(diagnosis.can_run);
  CHECK(render(diagnosis).ends_with(
      "ktstr-run would use kvm (tried: 900 million instructions a second in kernel mode), kernel "
      "7.3.4\n"));
  CHECK(about(diagnosis, "cpus").fact == "32 CPUs, 16 cores, 4 LLCs, 2 NUMA nodes");
}

TEST_CASE("a KVM that opens but only emulates is told part by part") {
  Best host;
  host.examined.kvm.instructions_per_second = 1.4e6;
  host.examined.kvm.breakpoint = {ir::TrialOutcome::failed, "int3: KVM cannot emulate it"};
  host.examined.kvm.timer = {ir::TrialOutcome::untried, {}};
  const Diagnosis diagnosis = diagnose(host.examined);
  CHECK(about(diagnosis, "kvm").health == Health::useless);
  CHECK(about(diagnosis, "kvm").fact.find("1.4 million") != std::string::npos);
  CHECK(about(diagnosis, "kvm speed").health == Health::useless);
  CHECK(about(diagnosis, "kvm int3").fact == "int3: KVM cannot emulate it");
  CHECK(about(diagnosis, "kvm xrstor").health == Health::good);
  CHECK(about(diagnosis, "kvm timer").fact == "was not come to");
  check_advised(diagnosis);
  CHECK(diagnosis.can_run);
  CHECK(diagnosis.choice.starts_with("tcg by QEMU 10.0.2 (no use of KVM here"));
}

TEST_CASE("access to KVM: the advice fits the trouble") {
  Best host;
  host.examined.kvm = {};
  host.examined.kvm.opens = {ir::TrialOutcome::failed, "open /dev/kvm"};
  host.examined.host.kvm = ir::DeviceAccess::absent;
  CHECK(about(diagnose(host.examined), "kvm").advice.find("firmware") != std::string::npos);
  host.examined.host.kvm = ir::DeviceAccess::denied;
  CHECK(about(diagnose(host.examined), "kvm").advice.find("group") != std::string::npos);
}

TEST_CASE("without KVM and QEMU, or without a kernel, nothing can be run") {
  Best host;
  host.examined.qemu.reset();
  host.examined.qemu_trouble = "qemu-system-x86_64 is missing";
  CHECK(diagnose(host.examined).can_run);
  CHECK(about(diagnose(host.examined), "qemu").health == Health::lacking);
  host.examined.kvm.opens = {ir::TrialOutcome::failed, "open /dev/kvm"};
  CHECK_FALSE(diagnose(host.examined).can_run);
  CHECK(about(diagnose(host.examined), "qemu").health == Health::useless);
  CHECK(diagnose(host.examined).choice.starts_with("nothing: "));
  Best other;
  other.examined.kernels.clear();
  CHECK_FALSE(diagnose(other.examined).can_run);
  CHECK(about(diagnose(other.examined), "kernels").advice == "`ktstr kernel fetch`");
}

TEST_CASE("whatever part of KVM fails, it is named, and each line says what to do") {
  using ir::TrialOutcome;
  constexpr std::pair<const char*, ir::KvmTrial ir::KvmFacts::*> parts[] = {
      {"kvm", &ir::KvmFacts::opens},
      {"kvm speed", &ir::KvmFacts::speed},
      {"kvm int3", &ir::KvmFacts::breakpoint},
      {"kvm xrstor", &ir::KvmFacts::extended_state},
      {"kvm timer", &ir::KvmFacts::timer}};
  for (const auto& [topic, trial] : parts)
    for (const TrialOutcome outcome :
         {TrialOutcome::failed, TrialOutcome::hung, TrialOutcome::untried}) {
      CAPTURE(topic, outcome);
      Best host;
      host.examined.kvm.*trial = {outcome, "because of a test"};
      const Diagnosis diagnosis = diagnose(host.examined);
      CHECK(about(diagnosis, topic).health == Health::useless);
      CHECK(about(diagnosis, topic).fact.find("because of a test") != std::string::npos);
      check_advised(diagnosis);
    }
}

TEST_CASE("small and closed hosts are told what to do") {
  Best host;
  host.made_up.allow({3});
  host.made_up.write("/proc/meminfo", "MemTotal: 1 kB\nMemAvailable: 900000 kB\n");
  host.made_up.remove("/proc/pressure");
  host.made_up.remove("/dev/kvm");
  host.examined.host = host.made_up.facts();
  host.examined.kvm = {.opens = {ir::TrialOutcome::failed, "open /dev/kvm"}};
  host.examined.qemu.reset();
  host.examined.qemu_trouble = "it is missing";
  host.examined.kernels.clear();
  const Diagnosis diagnosis = diagnose(host.examined);
  for (const char* topic :
       {"kvm", "qemu", "cpus", "memory", "performance", "pressure", "kernels"}) {
    CAPTURE(topic);
    CHECK(about(diagnosis, topic).health != Health::good);
  }
  check_advised(diagnosis);
}

TEST_CASE("each thing that is missing comes with what to do") {
  Best host;
  host.examined.qemu->parallel = false;
  host.examined.qemu->note = "all vCPUs on one thread";
  host.made_up.allow({0, 1});
  host.made_up.set_hugepages(0, 0, 0);
  host.made_up.write("/proc/pressure/cpu", "some avg10=90.00 avg60=0.00\n");
  host.made_up.remove("/sys/fs/cgroup");
  host.examined.host = host.made_up.facts();
  host.examined.tools = {{"clang", "14.0.6", 14, 16, "building BPF schedulers"},
                         {"pahole", "", 0, 0, "building kernels with BTF"}};
  host.examined.locks.clear();
  host.examined.lock_trouble = "no place";
  const Diagnosis diagnosis = diagnose(host.examined);
  for (const char* topic : {"qemu", "cpus", "performance", "hugepages", "cgroups", "pressure",
                            "locks", "clang", "pahole"}) {
    CAPTURE(topic);
    CHECK(about(diagnosis, topic).health == Health::lacking);
    CHECK_FALSE(about(diagnosis, topic).advice.empty());
  }
  check_advised(diagnosis);
  CHECK(about(diagnosis, "cpus").fact.ends_with("we may use 2: 0-1"));
  CHECK(about(diagnosis, "clang").advice == "install clang 16 or later");
}
