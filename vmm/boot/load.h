// SPDX-License-Identifier: GPL-2.0-only
// Puts a kernel, its initramfs, command line and memory map into a guest's RAM, and tells how its
// first vCPU starts. A vmlinux starts by its PVH entry when it has one, by its 64-bit entry
// otherwise; a bzImage by the 64-bit boot protocol.
#pragma once

#include <string>

#include "vmm/config.h"
#include "vmm/ram.h"

namespace ktstr::vmm::boot {

enum class Protocol {
  linux_64,  ///< 64-bit code, memory mapped one to one, RSI: the zero page.
  pvh,       ///< 32-bit code without paging, EBX: the start info.
};

struct Entry {
  Protocol protocol = Protocol::linux_64;
  GuestPhys at;        ///< The first instruction.
  GuestPhys argument;  ///< What the register above gets.
  Bytes mapped;        ///< Of kernel and initramfs, shared with the files until written.
};

struct Request {
  Kernel kernel;
  std::string initramfs;  ///< A path, or empty.
  std::string command_line;
  GuestPhys rsdp;
};

/// Fails when a file is unusable or does not fit into the RAM.
Result<Entry> load(const Ram& ram, const Request& request);

}  // namespace ktstr::vmm::boot
