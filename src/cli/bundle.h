// SPDX-License-Identifier: GPL-2.0-only
// What cases need in the guest, packed once for all that need it. A bundle's paths in the guest
// come from where its content does, so that a case has the same initramfs whatever else a run
// holds.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "image/cpio.h"

namespace ktstr::cli {

/// Entries that go together: a program with its libraries, a file.
using Bundle = std::shared_ptr<const std::vector<image::Entry>>;
using Bundles = std::set<Bundle>;

/// A bundle, and where in the guest the thing is that it was made for.
struct Packed {
  std::string path;
  Bundle bundle;
};

Bundle bundle_of(std::vector<image::Entry> entries);
/// The name of a directory or file in the guest for what comes from `origin`.
std::string guest_name(std::string_view origin);

}  // namespace ktstr::cli
