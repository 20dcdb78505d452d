// SPDX-License-Identifier: GPL-2.0-only
#include "topology/topology.h"

#include <catch2/catch_test_macros.hpp>

#include "topology/partition.h"

using namespace ktstr;
using namespace ktstr::topology;

TEST_CASE("CPU lists read and print in the kernel's format") {
  CHECK(to_text(CpuSet{0, 1, 2, 3, 8}) == "0-3,8");
  CHECK(CpuSet::parse(" 0-3,8\n") == CpuSet{0, 1, 2, 3, 8});
  CHECK(CpuSet::parse("")->empty());
  CHECK(CpuSet::parse("63-64,127-128")->count() == 4);
  for (const char* bad : {"a", "1-", "-1", "3-1", "1,,2", "1,", "8192", "0-99999999", "1 2"})
    CHECK_FALSE(CpuSet::parse(bad).has_value());
}

TEST_CASE("set operations ignore how a set was made") {
  CpuSet set{1, 200};
  set.remove(200);
  CHECK(set == CpuSet{1});
  CHECK((CpuSet{1, 100} - CpuSet{100}) == CpuSet{1});
  CHECK((CpuSet{1, 100} & CpuSet{1, 2}) == CpuSet{1});
  CHECK((CpuSet{1} | CpuSet{100}) == CpuSet{1, 100});
  CHECK(CpuSet{1}.subset_of(CpuSet{0, 1}));
  CHECK_FALSE(CpuSet{1, 100}.subset_of(CpuSet{1}));
  CHECK(CpuSet{70, 5}.first() == 5);
}

TEST_CASE("a shape gives the CPUs of its LLCs, cores and nodes") {
  const Topology topology = expand(*Shape::parse("2n4l2c2t")).value();
  CHECK(topology.cpu_count() == 16);
  CHECK(to_text(topology.cpus_of_llc(1)) == "4-7");
  CHECK(to_text(topology.cpus_of_core(3)) == "6-7");
  CHECK(to_text(topology.cpus_of_node(1)) == "8-15");
  CHECK(topology.node_of_llc(1) == 0);
  CHECK(topology.node_of_cpu(8) == 1);
  CHECK(to_text(topology.usable_cpus()) == "0-14");
  CHECK(topology.distance(0, 0) == 10);
  CHECK(topology.distance(0, 1) == 20);
  CHECK(to_text(topology) == "2n4l2c2t");
  CHECK(to_text(*to_shape(topology)) == "2n4l2c2t");
}

TEST_CASE("unequal and memory-only nodes") {
  const Topology topology{.nodes = {{.llcs = 3}, {.llcs = 1}, {.llcs = 0}}, .cores = 2};
  CHECK_FALSE(flaw(topology));
  CHECK(to_text(topology.cpus_of_node(1)) == "6-7");
  CHECK(topology.cpus_of_node(2).empty());
  CHECK(topology.cpu_node_count() == 2);
  CHECK(to_text(topology) == "3n[3+1+0]l2c1t");
  CHECK_FALSE(to_shape(topology));
}

TEST_CASE("topologies that no machine has are refused with the reason") {
  CHECK_FALSE(Shape::parse("1n2l4c"));
  CHECK_FALSE(Shape::parse("1n2l4c1tx"));
  CHECK_FALSE(Shape::parse("n2l4c1t"));
  CHECK(expand({2, 3, 1, 1}).error().what.find("evenly") != std::string::npos);
  CHECK_FALSE(expand({0, 1, 1, 1}));
  CHECK_FALSE(expand({1, 9999, 9999, 1}));
  Topology topology = expand({2, 2, 1, 1}).value();
  topology.distances = {{10, 20}, {21, 10}};
  CHECK(flaw(topology) == "distances must be symmetric");
  topology.distances = {{10, 10}, {10, 10}};
  CHECK(flaw(topology));
  topology.distances = {{10, 20}};
  CHECK(flaw(topology));
  topology.nodes[0].llcs = 0;
  CHECK(flaw(topology) == "its first node has no CPUs to boot on");
}

TEST_CASE("memory is divided among the nodes that do not say") {
  Topology topology = expand({2, 2, 4, 1}).value();
  CHECK(with_memory(topology, {}).memory() == 1_GiB);
  topology.nodes[0].memory = 256_MiB;
  CHECK(with_memory(topology, 1_GiB).nodes[1].memory == 768_MiB);
  CHECK(with_memory(topology, 256_MiB).nodes[1].memory == 128_MiB);
}

TEST_CASE("cpuset formulas") {
  const CpuSet usable = CpuSet::range(0, 7);
  CHECK(to_text(fraction(usable, 0, 0.5).value()) == "0-2");
  CHECK(to_text(fraction(usable, 0.5, 1).value()) == "3-6");
  CHECK_FALSE(fraction(usable, 0.5, 0.5));
  CHECK_FALSE(fraction(usable, 0, 1.5));
  CHECK_FALSE(fraction(usable, 0, 0.1));
  CHECK(to_text(disjoint(usable, 0, 3).value()) == "0-1");
  CHECK(to_text(disjoint(usable, 2, 3).value()) == "4-6");
  CHECK_FALSE(disjoint(usable, 3, 3));
  CHECK_FALSE(disjoint(usable, 0, 8));
  CHECK(to_text(overlap(usable, 0, 2, 0.5).value()) == "0-3");
  CHECK(to_text(overlap(usable, 1, 2, 0.5).value()) == "2-6");
  CHECK_FALSE(overlap(usable, 0, 2, 1.5));
}

TEST_CASE("CPU sets and shapes travel and refuse nonsense") {
  const CpuSet set{0, 5, 70};
  const Buffer bytes = schema::encode(schema::cref_to(set)).value();
  CHECK(schema::decode<CpuSet>(bytes).value() == set);
  schema::Encoder bad;
  bad.text("0-99999999");
  CHECK_FALSE(schema::decode<CpuSet>(bad.buffer()));
  CHECK_FALSE(schema::decode<Shape>(bad.buffer()));
}
