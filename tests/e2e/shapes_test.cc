// SPDX-License-Identifier: GPL-2.0-only
// The topology that a booted kernel finds against the one that was asked for. Meant for the lab;
// the large ones run only when named: `e2e-shapes '[large]'`. Unequal nodes: machine_test.cc.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "base/clock.h"
#include "machine_support.h"
#include "support/temporary_directory.h"

using namespace ktstr;

namespace {

constexpr Nanos large_limit = 600s;

void finds(const char* shape, Nanos limit = 300s) {
  const topology::Topology topology =
      topology::expand(topology::Shape::parse(shape).value()).value();
  if (const std::string reason = missing_for_boots(); !reason.empty()) SKIP(reason);
  const std::unique_ptr<vmm::Monitor> monitor = open_asked_monitor().value();
  const TemporaryDirectory directory;
  vmm::MachineConfig config =
      guest_config(topology, write_guest_initramfs(directory / "initramfs"));
  config.command_line += " quiet";
  if (const auto reason = monitor->obstacle(config)) SKIP(*reason);
  const Nanos start = monotonic_now();
  const std::unique_ptr<vmm::Machine> machine = boot(*monitor, config, limit);
  WARN(to_text(topology) << ": " << topology.cpu_count() << " vCPUs told of themselves after "
                         << (monotonic_now() - start).count() / 1'000'000 << " ms");
  CHECK(report_of(*machine) == expected_report(config.topology));
}

}  // namespace

TEST_CASE("the guest's sysfs equals the request") {
  finds(GENERATE("1n1l1c1t", "1n3l5c2t", "2n4l2c2t", "3n9l1c1t"));
}

TEST_CASE("64 vCPUs", "[.][large]") {
  finds("1n4l8c2t", large_limit);
}

TEST_CASE("255 vCPUs", "[.][large]") {
  finds("1n5l51c1t", large_limit);
}

TEST_CASE("512 vCPUs", "[.][large]") {
  finds("4n16l16c2t", large_limit);
}
