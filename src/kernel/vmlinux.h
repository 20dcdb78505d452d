// SPDX-License-Identifier: GPL-2.0-only
// What a vmlinux tells about itself: notes, sections, symbols, the banner, the configuration that
// IKCONFIG packs into it. The file may be anything; what is not understood is simply not told.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "kernel/config_text.h"

namespace ktstr::kernel {

struct VmlinuxFacts {
  std::string release;   ///< From the banner; empty when there is none.
  std::string build_id;  ///< Hexadecimal; empty when there is none.
  bool has_btf = false;
  bool pvh = false;                 ///< Has the note XEN_ELFNOTE_PHYS32_ENTRY.
  std::optional<Options> ikconfig;  ///< The whole configuration, if the image holds it.
  Options evidence;                 ///< Options that symbols or BTF prove to be on or off.

  bool operator==(const VmlinuxFacts&) const = default;
};

/// `file` is the whole ELF file. Fails when it is no 64-bit x86 executable or its headers lie.
Result<VmlinuxFacts> read_vmlinux(ByteView file);

}  // namespace ktstr::kernel
