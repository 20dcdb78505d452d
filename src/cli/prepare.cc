// SPDX-License-Identifier: GPL-2.0-only
#include "cli/prepare.h"

#include <filesystem>

#include "cli/accelerator.h"
#include "host/facts.h"
#include "image/cache.h"
#include "kernel/find.h"
#include "kernel/requirements.h"
#include "plan/accelerator.h"
#include "vmm/config.h"
#include "vmm/kvm/monitor.h"
#include "vmm/qemu/monitor.h"

namespace ktstr::cli {
namespace {

constexpr Bytes initramfs_cache_limit = 512_MiB;

kernel::Bus bus_of(vmm::Accelerator accelerator) {
  return accelerator == vmm::Accelerator::kvm ? kernel::Bus::mmio : kernel::Bus::pci;
}

Result<std::unique_ptr<Images>> open_images(const ir::KernelFacts& kernel, const GuestFiles& files,
                                            kernel::Bus bus) {
  if (files.init.empty())
    return fail("this build has no guest init, because it was built with sanitizers",
                "run scenarios with a build without -Db_sanitize");
  const std::string home = TRY(image::cache_home());
  image::ContentCache cache =
      TRY(image::ContentCache::open(home + "/initramfs", initramfs_cache_limit));
  return std::make_unique<Images>(kernel, bus, files, std::move(cache));
}

Result<std::unique_ptr<vmm::Monitor>> open_monitor(vmm::Accelerator accelerator) {
  if (accelerator == vmm::Accelerator::kvm) return vmm::kvm::open_monitor();
  return vmm::qemu::open_monitor("qemu-system-x86_64", TRY(image::cache_home()) + "/qemu-version");
}

/// `tcg by QEMU 10.0.2 (why; what limits it)`.
std::string reason_for(const plan::AcceleratorChoice& choice, const vmm::MonitorFacts& facts) {
  std::string out(schema::word_of(facts.accelerator));
  if (facts.accelerator == vmm::Accelerator::tcg) out += " by " + facts.name;
  out += " (" + choice.why;
  if (!facts.parallel) out += "; " + facts.note;
  if (!choice.warning.empty()) out += "; " + choice.warning;
  return out + ")";
}

void open_locks(Prepared& out) {
  const Result<std::string> directory = host::Locks::default_directory();
  Result<host::Locks> locks =
      directory ? host::Locks::open(*directory) : tl::unexpected(directory.error());
  if (locks)
    out.locks = *std::move(locks);
  else
    out.no_locks = "nothing is reserved: " + describe(locks.error());
}

}  // namespace

Result<ir::KernelFacts> choose_kernel(const std::string& name) {
  const std::string kernels = TRY(kernel::default_kernels());
  return name.empty() ? kernel::default_kernel(kernels) : kernel::find_kernel(kernels, name);
}

std::string kernel_again(const std::string& name, const ir::KernelFacts& chosen) {
  const Result<std::string> kernels = kernel::default_kernels();
  if (name.empty() || !kernels || kernel::is_cached(*kernels, name)) return chosen.name;
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(name, error);
  return error ? name : path.lexically_normal().string();
}

Result<Prepared> prepare(ir::KernelFacts kernel, const GuestFiles& files,
                         std::optional<vmm::Accelerator> asked) {
  Prepared out;
  out.host = TRY(host::read_facts());
  const bool looks_at_kvm = asked != vmm::Accelerator::tcg;
  plan::AcceleratorChoice choice =
      plan::choose_accelerator(asked, looks_at_kvm ? try_kvm(out.host) : ir::KvmFacts{});
  const kernel::Bus bus = bus_of(choice.accelerator);
  TRY(kernel::check_needs(kernel, kernel::base_needs(bus)));
  out.images = TRY(open_images(kernel, files, bus));
  out.kernel = std::move(kernel);
  Result<std::unique_ptr<vmm::Monitor>> monitor = open_monitor(choice.accelerator);
  if (!monitor)
    return asked ? tl::unexpected(monitor.error()) : fail_within(choice.why, monitor.error());
  out.monitor = *std::move(monitor);
  out.reason = reason_for(choice, out.monitor->facts());
  out.warning = std::move(choice.warning);
  open_locks(out);
  return out;
}

}  // namespace ktstr::cli
