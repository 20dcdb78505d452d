// SPDX-License-Identifier: GPL-2.0-only
// The initramfs of every machine of a run: one for each set of bundles and drivers that cases need,
// made when the first machine with it boots and let go of after the last.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/bundle.h"
#include "cli/load.h"
#include "image/cache.h"
#include "image/initramfs.h"
#include "ir/kernel_facts.h"
#include "kernel/requirements.h"

namespace ktstr::cli {

/// What is in every guest beside the kernel's modules.
struct GuestFiles {
  ByteView init;  ///< The program that becomes `/init`.
  std::vector<image::Entry> more{};
};

class Images {
 public:
  /// For machines of that kernel with that bus.
  Images(ir::KernelFacts kernel, kernel::Bus bus, const GuestFiles& files,
         image::ContentCache cache);

  /// Gives each case its image, to be asked for at most `uses` times, and takes its bundles. Cases
  /// with the same needs have the same image. Fails when the kernel's modules lack a driver.
  Status plan(std::vector<PlannedCase>& cases, std::size_t uses);
  /// The image of that number; any thread may ask.
  [[nodiscard]] Result<std::shared_ptr<const image::Initramfs>> get(std::size_t image);
  [[nodiscard]] std::size_t count() const { return images_.size(); }

 private:
  struct Image {
    Bundles bundles;  ///< Until it is made.
    std::shared_ptr<const image::Initramfs> made{};
    std::size_t uses = 0;  ///< That are still to come.
  };

  [[nodiscard]] Result<Bundle> modules(const std::vector<kernel::Driver>& drivers) const;

  ir::KernelFacts kernel_;
  kernel::Bus bus_;
  Bundle base_;
  image::ContentCache cache_;
  std::mutex mutex_{};  ///< One image at a time is packed: it takes thrice its size of memory.
  std::vector<Image> images_{};
};

}  // namespace ktstr::cli
