// SPDX-License-Identifier: GPL-2.0-only
// Fields of the tables that a golden would show but not explain. What iasl makes of them is in
// tests/golden; that they agree with CPUID, in tests/property.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/acpi_tables.h"
#include "vmm/acpi/aml.h"

using namespace ktstr;
using namespace ktstr::testing;
using namespace ktstr::vmm::acpi;

namespace {

constexpr GuestPhys at(0xe0000);

AcpiInput input_of(topology::Topology topology) {
  topology = with_memory(std::move(topology), {});
  return {.topology = topology,
          .ram = vmm::ram_layout(topology),
          .virtio = {},
          .com1 = {},
          .pvpanic = {},
          .reset = {},
          .sleep_control = 0x600,
          .sleep_status = 0x601};
}

std::vector<std::uint16_t> entries(ByteView hmat, std::uint8_t data_type) {
  for (std::size_t i = 40; i < hmat.size(); i += load_le<std::uint32_t>(hmat, i + 4)) {
    if (load_le<std::uint16_t>(hmat, i) != 1 || load_le<std::uint8_t>(hmat, i + 9) != data_type)
      continue;
    const std::size_t from = load_le<std::uint32_t>(hmat, i + 12);
    const std::size_t to = load_le<std::uint32_t>(hmat, i + 16);
    std::vector<std::uint16_t> out;
    for (std::size_t k = 0; k < from * to; ++k)
      out.push_back(load_le<std::uint16_t>(hmat, i + 32 + 4 * (from + to) + 2 * k));
    return out;
  }
  return {};
}
using Entries = std::vector<std::uint16_t>;

std::uint64_t unit(ByteView hmat, std::uint8_t data_type) {
  for (std::size_t i = 40; i < hmat.size(); i += load_le<std::uint32_t>(hmat, i + 4))
    if (load_le<std::uint16_t>(hmat, i) == 1 && load_le<std::uint8_t>(hmat, i + 9) == data_type)
      return load_le<std::uint64_t>(hmat, i + 24);
  return 0;
}

}  // namespace

TEST_CASE("the FADT says how to switch the machine off and how to reset it") {
  AcpiInput input = input_of({});
  input.reset = ResetRegister{0x604, 0x42};
  const AcpiImage image = build_acpi(input, at);
  const ByteView fadt = read_tables(image).at("FACP");
  REQUIRE(fadt.size() == 276);
  const auto flags = load_le<std::uint32_t>(fadt, 112);
  CHECK((flags >> 20 & 1) == 1);  // Hardware-reduced.
  CHECK((flags >> 10 & 1) == 1);  // With a reset register.
  CHECK(load_le<std::uint64_t>(fadt, 116 + 4) == 0x604);
  CHECK(load_le<std::uint8_t>(fadt, 128) == 0x42);
  CHECK(load_le<std::uint64_t>(fadt, 244 + 4) == 0x600);
  CHECK(load_le<std::uint64_t>(fadt, 256 + 4) == 0x601);
  CHECK((load_le<std::uint16_t>(fadt, 109) & 2) == 0);  // No i8042.

  const AcpiImage plain = build_acpi(input_of({}), at);
  CHECK((load_le<std::uint32_t>(read_tables(plain).at("FACP"), 112) >> 10 & 1) == 0);
}

TEST_CASE("the tables may stand anywhere") {
  const AcpiInput input = input_of({});
  const AcpiImage low = build_acpi(input, at);
  const AcpiImage high = build_acpi(input, GuestPhys(0x3'4560'0000));
  CHECK(low.bytes.size() == high.bytes.size());
  CHECK(std::ranges::equal(read_tables(low).at("APIC"), read_tables(high).at("APIC")));
  CHECK(high.rsdp.raw == 0x3'4560'0000);
}

TEST_CASE("processors with ids from 255 on are x2APIC entries") {
  AcpiInput input = input_of(topology::expand({1, 100, 3, 1}).value());
  const AcpiImage image = build_acpi(input, at);
  const std::vector<MadtCpu> cpus = madt_cpus(read_tables(image).at("APIC"));
  REQUIRE(cpus.size() == 300);
  CHECK(cpus[191].id == 254);
  CHECK_FALSE(cpus[191].x2apic);
  CHECK(cpus[192].id == 256);
  CHECK(cpus[192].uid == 192);
  CHECK(cpus[192].x2apic);
}

TEST_CASE("a memory-only node keeps its number though processors are numbered first") {
  const AcpiInput input = input_of({.nodes = {{.llcs = 1}, {.llcs = 0}, {.llcs = 1}}});
  const AcpiImage image = build_acpi(input, at);
  const AcpiTables tables = read_tables(image);
  CHECK(madt_cpus(tables.at("APIC")).size() == 4);
  const Srat srat = read_srat(tables.at("SRAT"));
  CHECK(srat.node_of_apic ==
        std::map<std::uint32_t, std::uint32_t>{{0, 0}, {1, 0}, {2, 2}, {3, 2}, {4, 1}});
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(srat.memory[i].node == i);

  const AcpiInput last = input_of({.nodes = {{.llcs = 1}, {.llcs = 0}}});
  const AcpiImage needs_none = build_acpi(last, at);
  CHECK(read_srat(read_tables(needs_none).at("SRAT")).node_of_apic.size() == 2);
}

TEST_CASE("an HMAT is there only when the topology says something") {
  AcpiInput input = input_of({});
  CHECK(read_tables(build_acpi(input, at)).contains("HMAT") == false);
  input.topology.nodes[0].cache = topology::MemorySideCache{.size = 1_GiB};
  CHECK(read_tables(build_acpi(input, at)).contains("HMAT"));
}

TEST_CASE("latency and bandwidth hold for the nearest processors and change with distance") {
  const AcpiInput input = input_of({.nodes = {{.llcs = 1, .latency = 80ns},
                                              {.llcs = 1},
                                              {.llcs = 0, .bandwidth = Bytes{10'000'000'000}}},
                                    .distances = {{10, 20, 15}, {20, 10, 30}, {15, 30, 10}}});
  const AcpiImage image = build_acpi(input, at);
  const ByteView hmat = read_tables(image).at("HMAT");
  CHECK(unit(hmat, 0) == 1000);  // ps
  CHECK(entries(hmat, 0) == Entries{80, 200, 300, 160, 100, 600});
  CHECK(unit(hmat, 3) == 1);  // MB/s
  CHECK(entries(hmat, 3) == Entries{51200, 25600, 10000, 25600, 51200, 5000});
}

TEST_CASE("figures too large for an entry make the unit larger") {
  const AcpiInput input = input_of({.nodes = {{.llcs = 1, .latency = 1ms}, {.llcs = 1}}});
  const AcpiImage image = build_acpi(input, at);
  const ByteView hmat = read_tables(image).at("HMAT");
  const std::uint64_t ns = unit(hmat, 0) / 1000;
  const Entries latencies = entries(hmat, 0);
  CHECK(std::ranges::max(latencies) < 65535);
  CHECK(std::ranges::min(latencies) > 0);
  CHECK(latencies[2] * ns >= 1'990'000);
  CHECK(latencies[2] * ns <= 2'010'000);
}

TEST_CASE("the largest machines fit below 1 MiB") {
  topology::Topology topology;
  topology.nodes.assign(64, {.llcs = 16, .latency = 100ns, .cache = topology::MemorySideCache{}});
  topology.cores = 1;
  const AcpiInput input = input_of(topology);
  REQUIRE(input.topology.cpu_count() == 1024);
  const AcpiImage image = build_acpi(input, at);
  CHECK(image.bytes.size() < (128_KiB).count);
  CHECK(madt_cpus(read_tables(image).at("APIC")).size() == 1024);
}

TEST_CASE("AML lengths take as many bytes as they need") {
  const auto length_of = [](std::size_t body) {
    // A scope: its opcode, the length, a name of four bytes, the body.
    const Buffer out = aml::scope("_SB_", Buffer(body));
    const auto first = std::to_integer<std::size_t>(out[1]);
    const std::size_t more = first >> 6;
    std::size_t length = more == 0 ? first : first & 0xf;
    for (std::size_t i = 0; i < more; ++i)
      length |= std::to_integer<std::size_t>(out[2 + i]) << (4 + 8 * i);
    return std::pair(length == out.size() - 1, more);
  };
  CHECK(length_of(0) == std::pair(true, std::size_t{0}));
  CHECK(length_of(58) == std::pair(true, std::size_t{0}));
  CHECK(length_of(59) == std::pair(true, std::size_t{1}));
  CHECK(length_of(4089) == std::pair(true, std::size_t{1}));
  CHECK(length_of(4090) == std::pair(true, std::size_t{2}));
  CHECK(length_of(1 << 20) == std::pair(true, std::size_t{3}));
}
