// SPDX-License-Identifier: GPL-2.0-only
#include "machine_support.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>

#include "base/clock.h"

using namespace ktstr;
namespace fs = std::filesystem;

namespace {

/// The drivers the guest needs, in the order of loading.
constexpr std::string_view modules[] = {
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

std::string contents(const std::string& path) {
  const Buffer bytes = read_file(path, 64_MiB).value();
  return std::string(as_text(bytes));
}

}  // namespace

std::string missing_for_boots() {
  const std::string kernel = kernel_directory() + "/vmlinux";
  if (!fs::exists(kernel)) return "no kernel at " + kernel + " (`ktstr kernel fetch`)";
  if (std::system("qemu-system-x86_64 --version >/dev/null 2>&1") != 0)
    return "no qemu-system-x86_64";
  return "";
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
