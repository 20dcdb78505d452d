// SPDX-License-Identifier: GPL-2.0-only
#include "cli/images.h"

#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "image/modules.h"

namespace ktstr::cli {
namespace {

/// As a config file says it. libbpf looks in /boot for the options that a BPF program asks about
/// (`__kconfig`) before it tries /proc/config.gz, which not every kernel has.
std::string config_of(const ir::KernelFacts& kernel) {
  const auto is_bare = [](const std::string& value) {
    const bool is_number = !value.empty() && value.find_first_of("-0123456789") == 0 &&
                           value.find_first_not_of("-0123456789abcdefABCDEFx") == value.npos;
    return value == "y" || value == "m" || is_number;
  };
  std::string out;
  for (const auto& [name, value] : kernel.options)
    if (value != "n")
      out += "CONFIG_" + name + "=" + (is_bare(value) ? value : '"' + value + '"') + "\n";
  return out;
}

Bundle base_of(const GuestFiles& files, const ir::KernelFacts& kernel) {
  std::vector<image::Entry> out = files.more;
  out.push_back({"init", image::File{Buffer(files.init.begin(), files.init.end())}});
  for (const char* directory : {"boot", "dev", "proc", "sys", "tmp"})
    out.push_back({directory, image::Directory{}});
  out.push_back({"dev/console", image::CharacterDevice{5, 1}, 0600});
  if (kernel.options_from != ir::OptionSource::evidence && !kernel.release.empty()) {
    const std::string config = config_of(kernel);
    const ByteView bytes = as_bytes(config);
    out.push_back({"boot/config-" + kernel.release, image::File{{bytes.begin(), bytes.end()}}});
  }
  return bundle_of(std::move(out));
}

/// The drivers that the program needs beside those of every machine.
std::vector<kernel::Driver> drivers_for(const ir::Program& program) {
  std::vector<kernel::Driver> out;
  if (program.disk) out.push_back(kernel::virtio_block_driver);
  if (ir::any_work(program, &ir::needs_network)) {
    out.push_back(kernel::veth_driver);
    out.push_back(kernel::packet_driver);
  }
  return out;
}

}  // namespace

Images::Images(ir::KernelFacts kernel, kernel::Bus bus, const GuestFiles& files,
               image::ContentCache cache)
    : kernel_(std::move(kernel)),
      bus_(bus),
      base_(base_of(files, kernel_)),
      cache_(std::move(cache)) {}

Result<Bundle> Images::modules(const std::vector<kernel::Driver>& drivers) const {
  const image::ModulePlan plan = TRY(kernel::guest_modules(kernel_, bus_, drivers));
  return bundle_of(TRY(image::module_entries(plan, &cache_)));
}

Status Images::plan(std::vector<PlannedCase>& cases, std::size_t uses) {
  std::map<std::vector<std::string_view>, Bundle> modules_by_drivers;
  std::map<Bundles, std::size_t> known;
  for (PlannedCase& planned : cases) {
    Bundles needs = std::exchange(planned.bundles, {});
    if (planned.planned.skip) continue;
    const std::vector<kernel::Driver> drivers = drivers_for(planned.planned.program);
    std::vector<std::string_view> names;
    for (const kernel::Driver& driver : drivers) names.emplace_back(driver.module);
    Bundle& with_drivers = modules_by_drivers[names];
    if (!with_drivers) with_drivers = TRY(modules(drivers));
    needs.insert({base_, with_drivers});
    const auto [at, is_new] = known.try_emplace(std::move(needs), images_.size());
    if (is_new) images_.push_back({.bundles = at->first});
    planned.image = at->second;
    images_[planned.image].uses += uses;
  }
  return {};
}

Result<std::shared_ptr<const image::Initramfs>> Images::get(std::size_t image) {
  const std::lock_guard lock(mutex_);
  CHECK(image < images_.size() && images_[image].uses > 0);
  Image& it = images_[image];
  if (!it.made) {
    std::vector<image::Entry> entries;
    for (const Bundle& bundle : it.bundles) std::ranges::copy(*bundle, std::back_inserter(entries));
    it.made = std::make_shared<const image::Initramfs>(
        TRY(image::build_initramfs(std::move(entries), &cache_)));
    it.bundles.clear();
  }
  return --it.uses > 0 ? it.made : std::exchange(it.made, nullptr);
}

}  // namespace ktstr::cli
