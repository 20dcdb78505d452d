// SPDX-License-Identifier: GPL-2.0-only
// The emulated machine alone: a real kernel in it, and what its sysfs says against the request.
#include <catch2/catch_test_macros.hpp>

#include <signal.h>

#include "../support/temporary_directory.h"
#include "base/clock.h"
#include "machine_support.h"
#include "vmm/qemu/monitor.h"

using namespace ktstr;
using vmm::Condition;

namespace {

constexpr Nanos boot_limit = 150s;

std::unique_ptr<vmm::Monitor> monitor_or_skip() {
  if (const std::string reason = missing_for_boots(); !reason.empty()) SKIP(reason);
  return vmm::qemu::open_monitor().value();
}

std::string text(const topology::CpuSet& set) {
  return topology::to_text(set);
}

/// What machine_guest prints for the topology that was asked for.
std::string expected_report(const topology::Topology& topology) {
  std::string out = "online " + text(topology.all_cpus()) + "\n";
  for (std::uint32_t cpu = 0; cpu < topology.cpu_count(); ++cpu)
    out += "cpu " + std::to_string(cpu) + " siblings " +
           text(topology.cpus_of_core(cpu / topology.threads)) + " llc " +
           text(topology.cpus_of_llc(topology.llc_of_cpu(cpu))) + "\n";
  for (std::uint32_t node = 0; node < topology.nodes.size(); ++node) {
    out += "node " + std::to_string(node) + " cpus " + text(topology.cpus_of_node(node)) + " mib " +
           std::to_string(topology.nodes[node].memory.count >> 20) + " distances";
    for (std::uint32_t to = 0; to < topology.nodes.size(); ++to)
      out += " " + std::to_string(topology.distance(node, to));
    out += "\n";
  }
  return out + "topology ends\n";
}

/// The lines of the report out of a console that the kernel prints to as well.
std::string report_of(const vmm::Machine& machine) {
  std::string out;
  const std::string console = machine.console().text();
  for (std::size_t at = 0; at < console.size();) {
    const std::size_t end = std::min(console.find('\n', at), console.size());
    std::string line = console.substr(at, end - at);
    while (line.ends_with('\r')) line.pop_back();
    for (const std::string_view word : {"online ", "cpu ", "node ", "topology ends"})
      if (line.starts_with(word)) out += line + "\n";
    at = end + 1;
  }
  return out;
}

/// Boots until the guest has told its topology.
std::unique_ptr<vmm::Machine> boot(vmm::Monitor& monitor, const vmm::MachineConfig& config) {
  Result<std::unique_ptr<vmm::Machine>> machine = monitor.create(config);
  if (!machine) FAIL(describe(machine.error()));
  const Status started = (*machine)->start();
  if (!started) FAIL(describe(started.error()));
  if (!wait_for(**machine, boot_limit, [&] { return has_line(**machine, "topology ends"); }))
    FAIL("no boot: " << describe((*machine)->state().condition) << " " << (*machine)->state().detail
                     << "\n"
                     << (*machine)->console().tail(20));
  return std::move(*machine);
}

}  // namespace

TEST_CASE("unequal nodes, a node of memory only, distances, siblings and memory past the gap") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  topology::Topology topology;
  topology.nodes = {{.llcs = 3, .memory = 2_GiB},
                    {.llcs = 1, .memory = 1536_MiB},
                    {.llcs = 0, .memory = 512_MiB}};
  topology.cores = 1;
  topology.threads = 2;
  topology.distances = {{10, 15, 30}, {15, 10, 40}, {30, 40, 10}};
  const std::unique_ptr<vmm::Machine> machine =
      boot(*monitor, guest_config(topology, write_guest_initramfs(directory / "initramfs")));
  CHECK(report_of(*machine) == expected_report(topology));
  CHECK(machine->vcpu_threads().size() == 8);
  CHECK(wait_for(*machine, 60s,
                 [&] { return machine->state().condition == Condition::powered_off; }));
}

TEST_CASE("LLCs and cores whose numbers are not powers of two") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  const topology::Topology topology = topology::expand({1, 3, 3, 1}).value();
  vmm::MachineConfig config =
      guest_config(topology, write_guest_initramfs(directory / "initramfs"));
  const std::unique_ptr<vmm::Machine> machine = boot(*monitor, config);
  CHECK(report_of(*machine) == expected_report(config.topology));
}

TEST_CASE("a machine is stopped while it boots, and its emulator's death is told") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  const vmm::MachineConfig config = guest_config(topology::expand({1, 1, 2, 1}).value(),
                                                 write_guest_initramfs(directory / "initramfs"));
  {
    const std::unique_ptr<vmm::Machine> machine = monitor->create(config).value();
    CHECK(machine->state().condition == Condition::created);
    REQUIRE(machine->start());
    REQUIRE(wait_for(*machine, 60s, [&] { return machine->console().total() > 0; }));
    const pid_t process = machine->process();
    const Nanos before = monotonic_now();
    machine->stop();
    CHECK(monotonic_now() - before < 2s);
    CHECK(machine->state().condition == Condition::stopped);
    CHECK(::kill(process, 0) == -1);
    CHECK(has_line(*machine, "Linux version"));
  }
  const std::unique_ptr<vmm::Machine> machine = monitor->create(config).value();
  REQUIRE(machine->start());
  ::kill(machine->process(), SIGKILL);
  CHECK(wait_for(*machine, 10s, [&] { return machine->state().final(); }));
  CHECK(machine->state().condition == Condition::died);
  CHECK(machine->state().detail.find("signal 9") != std::string::npos);
  CHECK_FALSE(machine->pause());
}
