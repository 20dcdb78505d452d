// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "vmm/arch/x86_64/apic.h"

using namespace ktstr;
using namespace ktstr::vmm::x86_64;

namespace {

topology::Topology shape(std::string_view text) {
  return topology::expand(topology::Shape::parse(text).value()).value();
}

}  // namespace

TEST_CASE("fields of an APIC id are as wide as their counts need") {
  CHECK(apic_widths(shape("1n1l1c1t")) == ApicWidths{0, 0, 0});
  CHECK(apic_widths(shape("2n4l4c2t")) == ApicWidths{1, 2, 2});
  CHECK(apic_widths(shape("3n9l5c3t")) == ApicWidths{2, 3, 4});
  CHECK(apic_widths(shape("3n9l5c3t")).package_shift() == 5);
}

TEST_CASE("counts that are no power of two leave holes") {
  CHECK(apic_ids(shape("1n3l3c1t")) == std::vector<std::uint32_t>{0, 1, 2, 4, 5, 6, 8, 9, 10});
  CHECK(apic_ids(shape("1n2l1c3t")) == std::vector<std::uint32_t>{0, 1, 2, 4, 5, 6});
  CHECK(apic_id(shape("2n4l4c2t"), GuestCpu(31)) == 31);
}

TEST_CASE("nodes of unequal shape waste no ids") {
  topology::Topology topology{.nodes = {{.llcs = 1}, {.llcs = 0}, {.llcs = 3}}, .cores = 2};
  CHECK(apic_ids(topology) == std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("ids from 255 on need x2APIC, and those that hold memory-only nodes in place count") {
  CHECK_FALSE(needs_x2apic(shape("1n1l255c1t")));
  CHECK(needs_x2apic(shape("1n1l256c1t")));
  CHECK(needs_x2apic(shape("1n64l3c1t")) == false);
  CHECK(needs_x2apic(shape("1n65l3c1t")));
  topology::Topology topology{.nodes = {{.llcs = 1}, {.llcs = 0}, {.llcs = 254}}, .cores = 1};
  CHECK(needs_x2apic(topology));
}
