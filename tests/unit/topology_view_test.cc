// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "topology/view.h"

using namespace ktstr;
using namespace ktstr::topology;

namespace {

MachineView view_of(const char* shape) {
  return expected_view(with_memory(expand(*Shape::parse(shape)).value(), 1_GiB));
}

}  // namespace

TEST_CASE("a machine that is as asked has no differences, whatever its ids") {
  MachineView seen = view_of("2n4l2c2t");
  seen.cpus[3].package = 7;
  seen.nodes[0].memory.count = seen.nodes[0].memory.count / 100 * 96;
  CHECK(differences(view_of("2n4l2c2t"), seen).empty());
}

TEST_CASE("each kind of difference is named") {
  const MachineView expected = view_of("2n4l2c2t");
  const auto only = [&](auto change) {
    MachineView seen = expected;
    change(seen);
    const std::vector<std::string> found = differences(expected, seen);
    REQUIRE(found.size() == 1);
    return found[0];
  };
  CHECK(only([](MachineView& view) { view.cpus[1].threads = {1}; }) ==
        "thread siblings of CPU 1: asked for 0-1, the kernel sees 1");
  CHECK(only([](MachineView& view) { view.cpus[5].llc = {}; }) ==
        "LLC of CPU 5: asked for 4-7, the kernel sees none");
  CHECK(only([](MachineView& view) { view.nodes[1].cpus = {8}; }).starts_with("CPUs of node 1"));
  CHECK(only([](MachineView& view) { view.nodes[0].distances[1] = 30; }) ==
        "distances of node 0 differ");
  CHECK(only([](MachineView& view) { view.nodes[0].memory = 384_MiB; }) ==
        "memory of node 0: asked for 512 MiB, the kernel sees 384 MiB");
  CHECK(only([](MachineView& view) { view.nodes.pop_back(); }).ends_with("the kernel has 1"));
  CHECK(only([](MachineView& view) { view.cpus.pop_back(); }) ==
        "asked for 16 CPUs, the kernel has 15 online");
}
