// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "support/made_up_host.h"

using namespace ktstr;
using topology::CpuSet;

TEST_CASE("two sockets of eight LLCs with eight cores of two threads") {
  const MadeUpHost host({.sockets = 2, .llcs = 8, .cores = 8, .threads = 2});
  const ir::HostFacts facts = host.facts();
  CHECK(facts.cpus == 256);
  REQUIRE(facts.llcs.size() == 16);
  for (std::uint32_t i = 0; i < 16; ++i) {
    const ir::HostLlc& llc = facts.llcs[i];
    CHECK(llc.id() == 8 * i);
    CHECK(llc.package == i / 8);
    CHECK(llc.node == i / 8);
    REQUIRE(llc.cores.size() == 8);
    CHECK(llc.cores[3].threads == CpuSet{8 * i + 3, 128 + 8 * i + 3});
    CHECK(llc.cpus().count() == 16);
  }
  REQUIRE(facts.nodes.size() == 2);
  CHECK(facts.nodes[1].cpus == (CpuSet::range(64, 128) | CpuSet::range(192, 256)));
  CHECK(facts.nodes[1].memory == 64_GiB);
  CHECK(facts.nodes[1].distances == std::vector{21U, 10U});
  CHECK(facts.memory_available == 128_GiB);
}

TEST_CASE("no more memory is available than the nodes have") {
  MadeUpHost host({.sockets = 2, .memory = 8_GiB});
  host.write("/proc/meminfo", "MemTotal: 41943040 kB\nMemAvailable: 20971520 kB\n");  // 20 GiB
  CHECK(host.facts().memory_available == 16_GiB);
  host.write("/proc/meminfo", "MemTotal: 41943040 kB\nMemAvailable: 1048576 kB\n");
  CHECK(host.facts().memory_available == 1_GiB);
}

TEST_CASE("offline CPUs belong to nothing, and a core may be left with one thread") {
  MadeUpHost host({.llcs = 2, .cores = 2, .threads = 2});
  host.take_offline({0, 5});
  const ir::HostFacts facts = host.facts();
  CHECK(to_text(facts.online) == "1-4,6-7");
  CHECK(facts.cpus == 6);
  REQUIRE(facts.llcs.size() == 2);
  CHECK(facts.llcs[0].id() == 1);
  CHECK(to_text(facts.llcs[0].cpus()) == "1,4");
  CHECK(facts.llcs[0].cores.size() == 2);
  CHECK(to_text(facts.llcs[1].cpus()) == "2-3,6-7");
  CHECK(to_text(facts.nodes[0].cpus) == "1-4,6-7");
}

TEST_CASE("a cpuset restricts what may be used, not what is known") {
  MadeUpHost host({.llcs = 2, .cores = 4});
  host.allow(CpuSet::range(2, 6));
  CHECK(host.facts().cpus == 4);
  CHECK(to_text(host.facts().allowed) == "2-5");
  CHECK(host.facts().llcs.size() == 2);
  CHECK(host.facts().llcs[0].id() == 0);
  // A cpuset of v1 keeps CPUs that went offline.
  host.allow(CpuSet::range(6, 12));
  CHECK(to_text(host.facts().allowed) == "6-7");
  host.allow(CpuSet::range(8, 12));
  CHECK_FALSE(host::read_facts(host.root()));
}

TEST_CASE("the cores of hybrid processors come in kinds, the fastest first") {
  MadeUpHost host({.cores = 6});
  SECTION("by Intel's lists") {
    host.write("/sys/devices/cpu_core/cpus", "0-3");
    host.write("/sys/devices/cpu_atom/cpus", "4-5");
  }
  SECTION("by capacity") {
    for (std::uint32_t cpu = 0; cpu < 6; ++cpu)
      host.write(MadeUpHost::cpu_directory(cpu) + "/cpu_capacity", cpu < 4 ? "1024" : "446");
  }
  const ir::HostFacts facts = host.facts();
  REQUIRE(facts.llcs.size() == 1);
  CHECK(facts.llcs[0].cores[3].kind == 0);
  CHECK(facts.llcs[0].cores[4].kind == 1);
}

TEST_CASE("cores outside the large cache are a group of their own") {
  MadeUpHost host({.cores = 4});
  for (std::uint32_t cpu = 0; cpu < 2; ++cpu) host.cache(cpu, 2, 3, "Unified", {0, 1});
  for (std::uint32_t cpu = 2; cpu < 4; ++cpu) host.cache(cpu, 2, 2, "Unified", {2, 3});
  const ir::HostFacts facts = host.facts();
  REQUIRE(facts.llcs.size() == 2);
  CHECK(to_text(facts.llcs[1].cpus()) == "2-3");
}

TEST_CASE("a kernel that shows neither caches nor nodes nor cores") {
  MadeUpHost host({.sockets = 2, .cores = 2});
  for (std::uint32_t cpu = 0; cpu < 4; ++cpu) {
    host.remove(MadeUpHost::cpu_directory(cpu) + "/cache");
    host.remove(MadeUpHost::cpu_directory(cpu) + "/topology/core_cpus_list");
  }
  host.remove("/sys/devices/system/node");
  host.write("/proc/meminfo", "MemTotal: 4096 kB\nMemFree: 1024 kB\nMemAvailable: 2048 kB\n");
  const ir::HostFacts facts = host.facts();
  REQUIRE(facts.llcs.size() == 2);
  CHECK(to_text(facts.llcs[1].cpus()) == "2-3");
  CHECK(facts.llcs[1].cores.size() == 2);
  REQUIRE(facts.nodes.size() == 1);
  CHECK(facts.nodes[0].memory == 4_MiB);
  CHECK(facts.nodes[0].memory_free == 1_MiB);
  CHECK(facts.nodes[0].cpus.count() == 4);
}

TEST_CASE("one CPU") {
  const MadeUpHost host({.cores = 1});
  CHECK(host.facts().cpus == 1);
  REQUIRE(host.facts().llcs.size() == 1);
  CHECK(host.facts().llcs[0].cores.size() == 1);
}

TEST_CASE("a firmware that puts a CPU into two caches does not count it twice") {
  MadeUpHost host({.llcs = 2, .cores = 2});
  host.cache(0, 2, 3, "Unified", {0, 1, 2});
  const ir::HostFacts facts = host.facts();
  REQUIRE(facts.llcs.size() == 2);
  CHECK(to_text(facts.llcs[0].cpus()) == "0-2");
  CHECK(to_text(facts.llcs[1].cpus()) == "3");
}

TEST_CASE("limits, cgroups, pressure, KVM and the boot's id") {
  MadeUpHost host({});
  host.set_hugepages(0, 512, 500);
  ir::HostFacts facts = host.facts();
  CHECK(facts.realtime_priority == 0);
  CHECK(facts.realtime_throttled);
  CHECK(facts.lockable == 8_MiB);
  CHECK(facts.cgroups == ir::CgroupVersion::none);
  CHECK_FALSE(facts.pressure);
  CHECK(facts.kvm == ir::DeviceAccess::absent);
  CHECK(facts.boot_id == "boot");
  CHECK(facts.nodes[0].hugepages == std::vector{ir::HugepagePool{2_MiB, 512, 500}});

  host.write("/proc/self/limits",
             "Max locked memory         unlimited            unlimited            bytes\n"
             "Max realtime priority     42                   42\n");
  host.write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
  host.write("/sys/fs/cgroup/cpu/tasks", "");
  for (const char* name : {"cpu", "memory", "io"})
    host.write(std::string("/proc/pressure/") + name,
               "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n");
  host.write("/dev/kvm", "");
  facts = host.facts();
  CHECK(facts.realtime_priority == 42);
  CHECK_FALSE(facts.realtime_throttled);
  CHECK_FALSE(facts.lockable);
  CHECK(facts.cgroups == ir::CgroupVersion::v1);
  CHECK(facts.pressure == ir::HostPressure{1.5, 1.5, 1.5});
  CHECK(facts.kvm == ir::DeviceAccess::allowed);

  host.write("/sys/fs/cgroup/unified/cgroup.controllers", "");
  CHECK(host.facts().cgroups == ir::CgroupVersion::hybrid);
  host.write("/sys/fs/cgroup/cgroup.controllers", "cpu cpuset");
  CHECK(host.facts().cgroups == ir::CgroupVersion::v2);
  host.permit_everything();
  CHECK(host.facts().realtime_priority == 99);
}

TEST_CASE("this machine") {
  const Result<ir::HostFacts> facts = host::read_facts();
  REQUIRE(facts);
  CHECK(facts->allowed.subset_of(facts->online));
  CpuSet grouped;
  for (const ir::HostLlc& llc : facts->llcs) grouped = grouped | llc.cpus();
  CHECK(grouped == facts->online);
  CHECK(facts->memory_available.count > 0);
  CHECK_FALSE(facts->boot_id.empty());
}
