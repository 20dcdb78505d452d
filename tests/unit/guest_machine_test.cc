// SPDX-License-Identifier: GPL-2.0-only
// What the guest reads of its machine, from made-up trees: sysfs, affinities, the kernel's log.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "guest/affinity.h"
#include "guest/kernel_log.h"
#include "guest/sysfs.h"
#include "support/temporary_directory.h"

namespace {

using namespace ktstr;
using namespace ktstr::guest;
using topology::CpuSet;

void put(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text << "\n";
}

/// 2 nodes, 2 LLCs, 1 core of 2 threads each.
void put_machine(const std::string& root) {
  const std::string cpus = root + "/sys/devices/system/cpu/";
  put(cpus + "online", "0-3");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const std::string directory = cpus + "cpu" + std::to_string(cpu);
    const std::string pair = cpu < 2 ? "0-1" : "2-3";
    put(directory + "/topology/physical_package_id", cpu < 2 ? "0" : "1");
    put(directory + "/topology/die_id", "0");
    put(directory + "/topology/core_id", std::to_string(cpu / 2));
    put(directory + "/topology/thread_siblings_list", pair);
    put(directory + "/cache/index0/level", "1");
    put(directory + "/cache/index0/shared_cpu_list", std::to_string(cpu));
    put(directory + "/cache/index1/level", "3");
    put(directory + "/cache/index1/shared_cpu_list", pair);
  }
  const std::string nodes = root + "/sys/devices/system/node/";
  put(nodes + "online", "0-1");
  put(nodes + "node0/cpulist", "0-1");
  put(nodes + "node0/distance", "10 20");
  put(nodes + "node1/cpulist", "2-3");
  put(nodes + "node1/distance", "20 10");
  put(root + "/proc/zoneinfo",
      "Node 0, zone      DMA\n  pages free     3840\n        present  4096\n"
      "Node 0, zone    DMA32\n        spanned  9\n        present  126976\n"
      "Node 1, zone   Normal\n        present  131072\n        managed  1\n");
}

TEST_CASE("a machine is read from sysfs as the topology expects it") {
  const TemporaryDirectory root;
  put_machine(root.path());
  const topology::MachineView seen = read_machine(root.path()).value();
  REQUIRE(seen.cpus.size() == 4);
  CHECK(seen.cpus[2].package == 1);
  CHECK(seen.cpus[2].core == 1);
  CHECK(seen.cpus[2].llc == CpuSet{2, 3});
  CHECK(seen.cpus[2].node == 1);
  REQUIRE(seen.nodes.size() == 2);
  CHECK(seen.nodes[0].memory == 512_MiB);
  CHECK(seen.nodes[1].memory == 512_MiB);
  topology::Topology topology = topology::expand(*topology::Shape::parse("2n2l1c2t")).value();
  topology = with_memory(topology, 1_GiB);
  CHECK(differences(expected_view(topology), seen).empty());
}

TEST_CASE("a kernel without nodes, caches or ids is no failure; one without CPUs is") {
  const TemporaryDirectory root;
  put_machine(root.path());
  std::filesystem::remove_all(root / "sys/devices/system/node");
  std::filesystem::remove_all(root / "sys/devices/system/cpu/cpu1/cache");
  std::filesystem::remove(root / "sys/devices/system/cpu/cpu1/topology/die_id");
  const topology::MachineView seen = read_machine(root.path()).value();
  CHECK(seen.nodes.size() == 1);
  CHECK(seen.nodes[0].cpus == CpuSet{0, 1, 2, 3});
  CHECK(seen.cpus[1].llc.empty());
  CHECK(seen.cpus[1].die == -1);
  put(root / "sys/devices/system/cpu/online", "some");
  CHECK(!read_machine(root.path()));
  std::filesystem::remove(root / "sys/devices/system/cpu/online");
  CHECK(read_machine(root.path()).error().code == ENOENT);
}

TEST_CASE("affinities are parts of the cgroup's CPUs") {
  const topology::Topology machine =
      topology::expand(*topology::Shape::parse("1n2l2c2t")).value();  // LLCs {0-3} and {4-7}
  std::mt19937_64 random(1);
  const auto of = [&](ir::Affinity affinity, CpuSet pool, std::size_t number = 0) {
    return resolve(affinity, pool, machine, number, random);
  };
  CHECK(!of(ir::InheritAffinity{}, {1}).value());
  CHECK(of(ir::SingleAffinity{}, {3, 5}).value() == CpuSet{3});
  CHECK(of(ir::SpanningAffinity{}, {3}).value() == CpuSet::range(0, 8));
  CHECK(of(ir::LlcAffinity{}, {3, 4, 6}).value() == CpuSet{4, 6});
  CHECK(of(ir::LlcAffinity{}, {0, 4}).value() == CpuSet{0});
  CHECK(of(ir::SmtPairAffinity{}, {0, 3, 4, 6, 7}).value() == CpuSet{6, 7});
  CHECK(!of(ir::SmtPairAffinity{}, {0, 2, 4, 6}));
  // Two by two on the next core of the pool that has siblings, and around.
  for (const auto& [number, core] : {std::pair<std::size_t, CpuSet>{1, {0, 1}},
                                     {2, {4, 5}},
                                     {3, {4, 5}},
                                     {4, {6, 7}},
                                     {6, {0, 1}}})
    CHECK(of(ir::SmtPairAffinity{}, {0, 1, 2, 4, 5, 6, 7}, number).value() == core);
  CHECK(of(ir::ExactCpus{{1, 5}}, {0, 1, 2}).value() == CpuSet{1});
  CHECK(!of(ir::ExactCpus{{5}}, {0, 1, 2}));
  for (const ir::Affinity& affinity :
       {ir::Affinity(ir::InheritAffinity{}), ir::Affinity(ir::RandomAffinity{}),
        ir::Affinity(ir::SingleAffinity{}), ir::Affinity(ir::LlcAffinity{})})
    CHECK(!of(affinity, {}));
}

TEST_CASE("random affinities are halves of the pool that depend on the seed alone") {
  const topology::Topology machine = topology::expand(*topology::Shape::parse("1n1l8c1t")).value();
  const CpuSet pool = CpuSet::range(1, 8);
  std::mt19937_64 first(5), second(5);
  CpuSet all;
  for (int i = 0; i < 50; ++i) {
    const CpuSet drawn = **resolve(ir::RandomAffinity{}, pool, machine, 0, first);
    CHECK(drawn.count() == 3);
    CHECK(drawn.subset_of(pool));
    CHECK(drawn == **resolve(ir::RandomAffinity{}, pool, machine, 0, second));
    all = all | drawn;
  }
  CHECK(all == pool);
  CHECK((**resolve(ir::RandomAffinity{}, {4}, machine, 0, first)) == CpuSet{4});
}

TEST_CASE("the kernel's log is read record by record") {
  CHECK(kernel_line("6,339,5140900,-;NET: Registered protocol family 40\n SUBSYSTEM=net\n") ==
        "[    5.140900] NET: Registered protocol family 40");
  CHECK(kernel_line("0,1,123456789012,-;x") == "[123456.789012] x");
  CHECK(kernel_line("no record").empty());
  CHECK(kernel_line("a,b,c;text").empty());
  CHECK(kernel_line("").empty());
}

}  // namespace
