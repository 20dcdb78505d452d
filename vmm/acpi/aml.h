// SPDX-License-Identifier: GPL-2.0-only
// As much of the ACPI Machine Language (ACPI 6.3, chapters 6.4 and 20) as describes a few devices:
// each function gives the bytes of one term, which nest. Integers and lengths take the shortest
// form, as ACPI compilers write them.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"

namespace ktstr::vmm::acpi::aml {

Buffer join(std::initializer_list<Buffer> terms);

Buffer integer(std::uint64_t value);
Buffer string(std::string_view text);
/// Three capital letters and four hexadecimal digits: `PNP0501`.
Buffer eisa_id(std::string_view id);
Buffer package(std::initializer_list<Buffer> elements);

/// Names are four characters.
Buffer name(std::string_view name, const Buffer& value);
Buffer device(std::string_view name, const Buffer& body);
Buffer scope(std::string_view name, const Buffer& body);

/// A buffer of resource descriptors, which are those below.
Buffer resources(std::initializer_list<Buffer> descriptors);
Buffer memory_resource(std::uint32_t base, std::uint32_t size);
Buffer port_resource(std::uint16_t base, std::uint8_t count);
/// Edge-triggered, active high, not shared.
Buffer interrupt_resource(std::uint32_t gsi);

}  // namespace ktstr::vmm::acpi::aml
