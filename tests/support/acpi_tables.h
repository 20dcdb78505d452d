// SPDX-License-Identifier: GPL-2.0-only
// Reads ACPI tables as a kernel does: found from the RSDP by way of the XSDT, checksums verified,
// entries walked by their lengths. Shares nothing with what wrote them.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "vmm/acpi/tables.h"

namespace ktstr::testing {

inline unsigned byte_sum(ByteView bytes) {
  return std::accumulate(
             bytes.begin(), bytes.end(), 0U,
             [](unsigned sum, std::byte each) { return sum + std::to_integer<unsigned>(each); }) &
         0xff;
}

/// By signature; `FACP` is the FADT, `APIC` the MADT.
using AcpiTables = std::map<std::string, ByteView>;

inline AcpiTables read_tables(const vmm::acpi::AcpiImage& image) {
  const ByteView all(image.bytes);
  const auto at = [&](std::uint64_t address) {
    REQUIRE(address >= image.at.raw);
    REQUIRE(address % 16 == 0);
    const ByteView rest = all.subspan(address - image.at.raw);
    const ByteView table = rest.first(load_le<std::uint32_t>(rest, 4));
    REQUIRE(byte_sum(table) == 0);
    return table;
  };
  const ByteView rsdp = all.subspan(image.rsdp.raw - image.at.raw, 36);
  REQUIRE(as_text(rsdp.first(8)) == "RSD PTR ");
  REQUIRE(byte_sum(rsdp.first(20)) == 0);
  REQUIRE(byte_sum(rsdp) == 0);
  AcpiTables out;
  const ByteView xsdt = at(load_le<std::uint64_t>(rsdp, 24));
  out["XSDT"] = xsdt;
  for (std::size_t i = 36; i < xsdt.size(); i += 8) {
    const ByteView table = at(load_le<std::uint64_t>(xsdt, i));
    out[std::string(as_text(table.first(4)))] = table;
  }
  out["DSDT"] = at(load_le<std::uint64_t>(out.at("FACP"), 140));
  return out;
}

/// Calls `visit(type, entry)` for each; the type and the length are a byte each.
template <class Visit>
void each_entry(ByteView table, std::size_t from, const Visit& visit) {
  while (from < table.size()) {
    const auto length = load_le<std::uint8_t>(table, from + 1);
    REQUIRE(length >= 2);
    visit(load_le<std::uint8_t>(table, from), table.subspan(from, length));
    from += length;
  }
}

struct MadtCpu {
  std::uint32_t uid = 0;
  std::uint32_t id = 0;
  bool x2apic = false;
};

inline std::vector<MadtCpu> madt_cpus(ByteView madt) {
  std::vector<MadtCpu> out;
  each_entry(madt, 44, [&](unsigned type, ByteView entry) {
    if (type == 0 && load_le<std::uint32_t>(entry, 4) == 1)
      out.push_back({load_le<std::uint8_t>(entry, 2), load_le<std::uint8_t>(entry, 3), false});
    if (type == 9 && load_le<std::uint32_t>(entry, 8) == 1)
      out.push_back({load_le<std::uint32_t>(entry, 12), load_le<std::uint32_t>(entry, 4), true});
  });
  return out;
}

struct SratMemory {
  std::uint32_t node = 0;
  std::uint64_t start = 0, size = 0;

  bool operator==(const SratMemory&) const = default;
};

/// Nodes are numbered as Linux does: as they come, processors first.
struct Srat {
  std::map<std::uint32_t, std::uint32_t> node_of_apic;
  std::vector<SratMemory> memory;
};

inline Srat read_srat(ByteView srat) {
  Srat out;
  std::map<std::uint32_t, std::uint32_t> numbers;
  const auto number = [&](std::uint32_t domain) {
    return numbers.try_emplace(domain, static_cast<std::uint32_t>(numbers.size())).first->second;
  };
  each_entry(srat, 48, [&](unsigned type, ByteView entry) {
    if (type == 0) {
      REQUIRE(load_le<std::uint32_t>(entry, 4) == 1);
      const std::uint32_t domain =
          load_le<std::uint8_t>(entry, 2) | (load_le<std::uint32_t>(entry, 8) & 0xffffff00);
      out.node_of_apic[load_le<std::uint8_t>(entry, 3)] = number(domain);
    }
    if (type == 2) {
      REQUIRE(load_le<std::uint32_t>(entry, 12) == 1);
      out.node_of_apic[load_le<std::uint32_t>(entry, 8)] = number(load_le<std::uint32_t>(entry, 4));
    }
  });
  each_entry(srat, 48, [&](unsigned type, ByteView entry) {
    if (type != 1) return;
    REQUIRE(load_le<std::uint32_t>(entry, 28) == 1);
    out.memory.push_back({number(load_le<std::uint32_t>(entry, 2)),
                          load_le<std::uint64_t>(entry, 8), load_le<std::uint64_t>(entry, 16)});
  });
  return out;
}

}  // namespace ktstr::testing
