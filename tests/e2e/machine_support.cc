// SPDX-License-Identifier: GPL-2.0-only
#include "machine_support.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>

#include "base/clock.h"
#include "base/process.h"
#include "support/accelerator.h"
#include "vmm/kvm/monitor.h"
#include "vmm/qemu/monitor.h"

using namespace ktstr;
namespace fs = std::filesystem;

namespace {

/// The drivers the guest needs, in the order of loading.
constexpr std::string_view modules[] = {
    "drivers/virtio/virtio_mmio",
    "drivers/misc/pvpanic/pvpanic",
    "drivers/misc/pvpanic/pvpanic-mmio",
    "net/vmw_vsock/vsock",
    "net/vmw_vsock/vmw_vsock_virtio_transport_common",
    "net/vmw_vsock/vmw_vsock_virtio_transport",
    "drivers/block/virtio_blk",
    "drivers/char/hw_random/virtio-rng",
};

std::string kernel_directory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::string base = cache != nullptr ? cache : std::string(home ? home : "") + "/.cache";
  return base + "/ktstr/kernels/stock";
}

std::string guest_program() {
  const char* build = std::getenv("KTSTR_BUILD");
  return std::string(build ? build : ".") + "/tests/e2e/machine-guest";
}

/// One file of a cpio archive in the kernel's `newc` form.
void add_file(std::string& archive, const std::string& name, unsigned mode,
              std::string_view content, unsigned major = 0, unsigned minor = 0) {
  const auto pad = [&] { archive.resize((archive.size() + 3) & ~std::size_t{3}, '\0'); };
  char header[111];
  std::snprintf(header, sizeof header,
                "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0U, mode, 0U, 0U,
                1U, 0U, content.size(), 0U, 0U, major, minor, name.size() + 1, 0U);
  archive += header;
  archive.append(name.c_str(), name.size() + 1);
  pad();
  archive += content;
  pad();
}

std::string text(const topology::CpuSet& set) {
  return topology::to_text(set);
}

std::string contents(const std::string& path) {
  const Buffer bytes = read_file(path, 64_MiB).value();
  return std::string(as_text(bytes));
}

}  // namespace

std::string missing_for_boots() {
  const std::string kernel = kernel_directory() + "/vmlinux";
  if (!fs::exists(kernel)) return "no kernel at " + kernel + " (`ktstr kernel fetch`)";
  const auto monitor = open_asked_monitor();
  return monitor ? "" : describe(monitor.error());
}

Result<std::unique_ptr<vmm::Monitor>> open_asked_monitor() {
  raise_descriptor_limit();
  if (accelerator_of_machines() == vmm::Accelerator::kvm) return vmm::kvm::open_monitor();
  return vmm::qemu::open_monitor();
}

vmm::Accelerator accelerator_of_machines() {
  return asked_accelerator().value_or(vmm::Accelerator::tcg);
}

std::string write_guest_initramfs(const std::string& path) {
  std::string archive;
  add_file(archive, "dev", 0040755, "");
  add_file(archive, "dev/console", 0020600, "", 5, 1);
  add_file(archive, "init", 0100755, contents(guest_program()));
  add_file(archive, "modules", 0040755, "");
  int number = 0;
  for (const std::string_view module : modules) {
    const std::string file =
        kernel_directory() + "/modules/kernel/" + std::string(module) + ".ko.xz";
    add_file(archive, "modules/" + std::to_string(number++) + ".ko.xz", 0100644, contents(file));
  }
  add_file(archive, "TRAILER!!!", 0, "");
  const Status written = write_file_atomically(path, as_bytes(archive));
  if (!written) throw std::runtime_error(describe(written.error()));
  return path;
}

vmm::MachineConfig guest_config(const topology::Topology& topology, const std::string& initramfs) {
  vmm::MachineConfig config;
  config.name = "machine-test";
  config.accelerator = accelerator_of_machines();
  config.topology = topology::with_memory(topology, std::nullopt);
  config.kernel = {kernel_directory() + "/vmlinux", vmm::KernelFormat::vmlinux};
  config.initramfs = initramfs;
  config.command_line =
      "console=ttyS0 panic=-1 nokaslr no_timer_check tsc=reliable cryptomgr.notests audit=0 "
      "security=none rcupdate.rcu_expedited=1";
  return config;
}

bool wait_for(vmm::Machine& machine, Nanos limit, const std::function<bool()>& done) {
  const Deadline deadline(limit);
  while (!done()) {
    if (deadline.passed() || machine.state().final()) return done();
    pollfd events{machine.events().get(), POLLIN, 0};
    ::poll(&events, 1, 50);  // The console grows without an event.
    machine.clear_events();
  }
  return true;
}

bool has_line(const vmm::Machine& machine, std::string_view text) {
  return machine.console().text().find(text) != std::string::npos;
}

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

std::unique_ptr<vmm::Machine> boot(vmm::Monitor& monitor, const vmm::MachineConfig& config,
                                   Nanos limit) {
  int left = monitor.facts().emulated ? 3 : 1;
  while (true) {
    Result<std::unique_ptr<vmm::Machine>> machine = monitor.create(config);
    if (!machine) FAIL(describe(machine.error()));
    const Status started = (*machine)->start();
    if (!started) FAIL(describe(started.error()));
    if (wait_for(**machine, limit, [&] { return has_line(**machine, "topology ends"); }))
      return std::move(*machine);
    const vmm::State state = (*machine)->state();
    const std::string lost = std::string(describe(state.condition)) + " " + state.detail + "\n" +
                             (*machine)->console().tail(20);
    if (--left == 0 || !state.final()) FAIL("no boot: " << lost);
    WARN("once more, for an emulator lost it: " << lost);
  }
}
