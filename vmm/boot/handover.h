// SPDX-License-Identifier: GPL-2.0-only
// What a kernel is told when it starts, in the two forms it may want it: the zero page of the Linux
// boot protocol (struct boot_params) and the start info of PVH (xen/include/public/arch-x86/hvm/
// start_info.h). Pure: bytes to be copied to their place.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "vmm/arch/x86_64/memory_map.h"

namespace ktstr::vmm::boot {

struct Handover {
  std::vector<x86_64::MapEntry> map;    ///< At most 128 lines.
  GuestPhys rsdp;                       ///< Of the ACPI tables.
  std::optional<GuestRange> initramfs;  ///< Below 4 GiB.
  GuestPhys command_line;               ///< Below 4 GiB; zero-terminated.
};

/// `setup_header` as BzImage has it; a vmlinux gets one of our own.
Buffer zero_page(const Handover& handover, ByteView setup_header);

/// To be placed at `at`: what it refers to follows it.
Buffer start_info(const Handover& handover, GuestPhys at);

}  // namespace ktstr::vmm::boot
