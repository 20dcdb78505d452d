// SPDX-License-Identifier: GPL-2.0-only
// Kernel modules: which files, in which order, make the wanted modules loadable. Reads the
// modules.dep and modules.builtin of a kernel's module directory; a module's name is what
// /proc/modules would show, and `-` equals `_` in it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/cache.h"
#include "image/cpio.h"

namespace ktstr::image {

struct Module {
  std::string name;
  std::string path;  ///< On this machine; perhaps compressed.

  bool operator==(const Module&) const = default;
};

struct ModulePlan {
  std::vector<Module> load_order;    ///< Dependencies before what needs them, each once.
  std::vector<std::string> builtin;  ///< Wanted, and part of the kernel image.
  std::vector<std::string> missing;  ///< Wanted or depended on, and not to be found.

  bool operator==(const ModulePlan&) const = default;
};

/// `vmw_vsock_virtio_transport` of `kernel/net/vmw-vsock-virtio-transport.ko.xz`.
std::string module_name(std::string_view path);

/// Everything that loading `wanted`, in this order, takes. A missing modules.builtin counts as
/// empty; a missing modules.dep is an error.
Result<ModulePlan> resolve_modules(const std::string& directory,
                                   std::span<const std::string> wanted);

/// The module's ELF file, decompressed when it is compressed; `unpacked` keeps what that gave for
/// the next time.
Result<Buffer> read_module(const std::string& path, const ContentCache* unpacked = nullptr);

/// `modules/000-vsock.ko` and so on: the guest loads what it finds in /modules in the order of the
/// names.
Result<std::vector<Entry>> module_entries(const ModulePlan& plan,
                                          const ContentCache* unpacked = nullptr);

}  // namespace ktstr::image
