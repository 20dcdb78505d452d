// SPDX-License-Identifier: GPL-2.0-only
// What a program or shared library says about the libraries it needs (ELF gABI, chapter 5; 64-bit
// little-endian only).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ktstr::image {

struct ElfNeeds {
  std::uint16_t machine = 0;        ///< e_machine.
  std::string interpreter;          ///< PT_INTERP; empty for libraries and static programs.
  std::string soname;               ///< DT_SONAME, or empty.
  std::vector<std::string> needed;  ///< DT_NEEDED.
  std::vector<std::string> rpath;   ///< The directories of DT_RPATH, as they are written.
  std::vector<std::string> runpath;

  bool operator==(const ElfNeeds&) const = default;
};

/// Fails on what is no such file, or whose tables point outside of it.
Result<ElfNeeds> read_elf_needs(ByteView file);

}  // namespace ktstr::image
