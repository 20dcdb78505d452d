// SPDX-License-Identifier: GPL-2.0-only
// The archive format of an initramfs: cpio "newc" (Documentation/driver-api/early-userspace/
// buffer-format.rst of the kernel). Equal entries give equal bytes: sorted paths, time 0, owner
// root, running inode numbers.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ktstr::image {

struct Directory {
  bool operator==(const Directory&) const = default;
};
struct File {
  Buffer content;
  bool operator==(const File&) const = default;
};
struct Symlink {
  std::string target;
  bool operator==(const Symlink&) const = default;
};
struct CharacterDevice {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  bool operator==(const CharacterDevice&) const = default;
};

struct Entry {
  std::string path;  ///< From the root, without a leading slash: `dev/console`.
  std::variant<Directory, File, Symlink, CharacterDevice> what;
  std::uint32_t mode = 0755;  ///< Permission bits; ignored for symlinks.

  bool operator==(const Entry&) const = default;
};

/// The archive, ended and padded to 512 bytes. Directories that entries stand in need not be given.
/// Fails on a path that is not plain (absolute, `..`, empty parts) or given twice with different
/// things, on one below something that is no directory, and on a file of 4 GiB or more.
Result<Buffer> write_cpio(std::vector<Entry> entries);

}  // namespace ktstr::image
