// SPDX-License-Identifier: GPL-2.0-only
// The tables one by one, for tables.cc, which says where each stands.
#pragma once

#include "vmm/acpi/tables.h"

namespace ktstr::vmm::acpi {

Buffer dsdt(const AcpiInput& input);  ///< Devices.
Buffer fadt(const AcpiInput& input, GuestPhys dsdt);
Buffer madt(const AcpiInput& input);  ///< Processors and interrupt controllers.
Buffer srat(const AcpiInput& input);  ///< Which node each processor and RAM region belongs to.
Buffer slit(const topology::Topology& topology);  ///< Distances.
Buffer pptt(const topology::Topology& topology);  ///< Packages, cores, threads.
/// Latency, bandwidth and memory-side caches.
Buffer hmat(const topology::Topology& topology);
/// Whether the topology says anything an HMAT could tell.
bool wants_hmat(const topology::Topology& topology);

}  // namespace ktstr::vmm::acpi
