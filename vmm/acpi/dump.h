// SPDX-License-Identifier: GPL-2.0-only
// Tables as text, in the form of acpidump: `acpixtract` makes binaries of it, which `iasl -d`
// reads.
#pragma once

#include <string>

#include "vmm/acpi/tables.h"

namespace ktstr::vmm::acpi {

/// The tables that follow from the topology: MADT, SRAT, SLIT, PPTT and HMAT, one after the other.
/// The others tell of the monitor's devices.
std::string dump_topology(const topology::Topology& topology);

}  // namespace ktstr::vmm::acpi
