// SPDX-License-Identifier: GPL-2.0-only
#include "cli/prepare.h"

#include <algorithm>
#include <iterator>

#include "host/facts.h"
#include "image/cache.h"
#include "image/cpio.h"
#include "image/modules.h"
#include "kernel/find.h"
#include "kernel/requirements.h"
#include "vmm/kvm/monitor.h"
#include "vmm/qemu/monitor.h"

namespace ktstr::cli {
namespace {

constexpr Bytes initramfs_cache_limit = 512_MiB;

Result<image::Initramfs> make_initramfs(const ir::KernelFacts& kernel, GuestFiles files,
                                        vmm::Accelerator accelerator) {
  if (files.init.empty())
    return fail("this build has no guest init, because it was built with sanitizers",
                "run scenarios with a build without -Db_sanitize");
  // Our own monitor's devices are memory-mapped, QEMU's are on PCI.
  const std::span<const kernel::Driver> drivers(&kernel::virtio_mmio_driver,
                                                accelerator == vmm::Accelerator::kvm ? 1 : 0);
  const image::ModulePlan modules = TRY(kernel::guest_modules(kernel, drivers));
  std::vector<image::Entry> entries = TRY(image::module_entries(modules));
  entries.push_back({"init", image::File{Buffer(files.init.begin(), files.init.end())}});
  std::ranges::move(files.more, std::back_inserter(entries));
  for (const char* directory : {"dev", "proc", "sys", "tmp"})
    entries.push_back({directory, image::Directory{}});
  entries.push_back({"dev/console", image::CharacterDevice{5, 1}, 0600});
  const std::string home = TRY(image::cache_home());
  const image::ContentCache cache =
      TRY(image::ContentCache::open(home + "/initramfs", initramfs_cache_limit));
  return image::build_initramfs(std::move(entries), &cache);
}

}  // namespace

std::string_view accelerator_name(vmm::Accelerator accelerator) {
  return schema::words<vmm::Accelerator>[static_cast<std::size_t>(accelerator)].name;
}

Result<ir::KernelFacts> choose_kernel(const std::string& name) {
  const std::string kernels = TRY(kernel::default_kernels());
  ir::KernelFacts facts =
      TRY(name.empty() ? kernel::default_kernel(kernels) : kernel::find_kernel(kernels, name));
  TRY(kernel::check_needs(facts, kernel::base_needs()));
  return facts;
}

Result<Prepared> prepare(ir::KernelFacts kernel, GuestFiles files, vmm::Accelerator accelerator) {
  Prepared out;
  out.host = TRY(host::read_facts());
  out.initramfs = TRY(make_initramfs(kernel, std::move(files), accelerator));
  out.kernel = std::move(kernel);
  if (accelerator == vmm::Accelerator::kvm) {
    out.monitor = TRY(vmm::kvm::open_monitor());
    out.reason = "kvm (as asked)";
    return out;
  }
  const std::string memo = TRY(image::cache_home()) + "/qemu-version";
  out.monitor = TRY(vmm::qemu::open_monitor("qemu-system-x86_64", memo));
  const vmm::MonitorFacts& facts = out.monitor->facts();
  out.reason = "tcg by " + facts.name + " (this version emulates; " +
               (facts.parallel ? "a thread per vCPU" : facts.note) + ")";
  return out;
}

}  // namespace ktstr::cli
