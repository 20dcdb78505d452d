// SPDX-License-Identifier: GPL-2.0-only
// Tables as text, in the form of acpidump: `acpixtract` makes binaries of it, which `iasl -d`
// reads.
#pragma once

#include <string>

#include "vmm/config.h"

namespace ktstr::vmm::acpi {

/// The tables of a machine of our own monitor's, one after the other: RSDP, XSDT, and those that
/// the XSDT lists, the DSDT behind the FADT, which leads to it.
std::string dump_tables(const MachineConfig& config);

}  // namespace ktstr::vmm::acpi
