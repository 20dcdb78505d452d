// SPDX-License-Identifier: GPL-2.0-only
// The ACPI tables of a few machines as iasl disassembles them, and that assembling that gives the
// same bytes without a complaint.
#include <algorithm>

#include "support/acpi_tables.h"
#include "support/golden.h"
#include "support/iasl.h"
#include "vmm/acpi/dump.h"
#include "vmm/arch/x86_64/acpi_input.h"
#include "vmm/arch/x86_64/memory_map.h"

using namespace ktstr;
using namespace ktstr::testing;
using namespace ktstr::vmm;

namespace {

/// The version that wrote the goldens; others word things otherwise.
constexpr std::string_view golden_version = "20200925";

struct Machine {
  std::string name;
  topology::Topology topology;
  std::vector<DeviceConfig> devices{};
};

std::vector<Machine> machines() {
  const auto shape = [](std::string_view text) {
    return topology::expand(topology::Shape::parse(text).value()).value();
  };
  return {
      {"smallest", shape("1n1l1c1t")},
      {"devices", shape("2n4l3c2t"), {VsockDevice{}, RngDevice{}, BlockDevice{}}},
      {"unequal", {.nodes = {{.llcs = 3}, {.llcs = 1, .memory = 4_GiB}}, .cores = 2}},
      {"memory_only",
       {.nodes = {{.llcs = 1, .latency = 90ns},
                  {.llcs = 0, .cache = topology::MemorySideCache{.size = 1_GiB}},
                  {.llcs = 1}},
        .cores = 1,
        .distances = {{10, 14, 20}, {14, 10, 16}, {20, 16, 10}}}},
      {"300_cpus", shape("1n100l3c1t")},
  };
}

MachineConfig config_of(const Machine& machine) {
  MachineConfig out;
  out.topology = with_memory(machine.topology, std::nullopt);
  out.devices = machine.devices;
  return out;
}

acpi::AcpiImage image_of(const Machine& machine) {
  return acpi::build_acpi(x86_64::acpi_input(config_of(machine)), x86_64::acpi_at);
}

/// A data table's text with a line per structure instead of per field, without offsets and the
/// dump at its end. Others as they are. (In an SRAT an empty line also follows each entry's
/// length.)
std::string folded(const std::string& text) {
  if (text.find("DefinitionBlock") != std::string::npos) return text;
  std::istringstream lines(text.substr(0, text.find("Raw Table Data")));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      const std::string_view last = std::string_view(out).substr(out.rfind('\n') + 1);
      const bool only_length = last.starts_with("Subtable") && std::ranges::count(last, ';') == 1;
      if (!last.empty() && !only_length) out += '\n';
      continue;
    }
    if (line.front() == '[') line = line.substr(line.find(']') + 1);
    std::istringstream words(line);
    if (!out.empty() && out.back() != '\n') out += ';';
    for (std::string word; words >> word;)
      out += (out.empty() || out.back() == '\n' ? "" : " ") + word;
  }
  return out;
}

/// With the middle of long runs of the same structure left out.
std::string abridged(const std::string& text) {
  constexpr std::size_t most = 8, shown = 3;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const auto kind = [&](std::size_t i) { return lines[i].substr(0, lines[i].find(';')); };
  std::string out;
  for (std::size_t i = 0, end = 0; i < lines.size(); i = end) {
    for (end = i; end < lines.size() && kind(end) == kind(i);) ++end;
    const bool cut = end - i > most;
    for (std::size_t k = i; k < end; ++k) {
      if (cut && k == i + shown) {
        out += "... " + std::to_string(end - i - 2 * shown) + " more\n";
        k = end - shown;
      }
      out += lines[k] + '\n';
    }
  }
  return out;
}

/// Without what tells who compiled it, and the checksum, which depends on that.
Buffer anonymous(ByteView table) {
  Buffer out(table.begin(), table.end());
  out[9] = {};
  std::fill_n(out.begin() + 28, 8, std::byte{});
  return out;
}

}  // namespace

TEST_CASE("iasl takes the tables apart and puts the same together") {
  if (iasl_version().empty()) SKIP("iasl is not installed (package acpica-tools)");
  for (const Machine& machine : machines()) {
    const acpi::AcpiImage image = image_of(machine);
    for (const auto& [signature, table] : read_tables(image)) {
      INFO(machine.name << " " << signature);
      CHECK(anonymous(assemble(disassemble(table))) == anonymous(table));
    }
  }
}

TEST_CASE("the tables are as agreed") {
  if (iasl_version() != golden_version)
    SKIP("the texts are those of iasl " << golden_version << ", this is " << iasl_version());
  for (const Machine& machine : machines()) {
    const acpi::AcpiImage image = image_of(machine);
    std::string text;
    for (const auto& [signature, table] : read_tables(image))
      text += "== " + signature + "\n" + abridged(folded(disassemble(table)));
    check_golden("tests/golden/acpi/" + machine.name + ".txt", text);
  }
}

TEST_CASE("acpixtract finds the tables in the dump") {
  const TemporaryDirectory folder;
  for (const Machine& machine : machines()) {
    const acpi::AcpiImage image = image_of(machine);
    REQUIRE(write_file_atomically(folder / "dump",
                                  as_bytes("# a case\n" + acpi::dump_tables(config_of(machine)))));
    const Result<Output> output = run_command(
        {.argv = {"sh", "-c", "cd \"$1\" && exec acpixtract -a dump", "sh", folder.path()},
         .inherit = {},
         .environment = {}},
        std::chrono::seconds(60));
    REQUIRE(output);
    if (output->exit.code == 127) SKIP("acpixtract is not installed (package acpica-tools)");
    INFO(machine.name << output->out << output->err);
    REQUIRE(output->exit.success());
    const auto extracted = [&](std::string name) {
      for (char& each : name) each = static_cast<char>(each - 'A' + 'a');
      return read_file(folder / (name + ".dat"), 1_MiB).value();
    };
    CHECK(std::ranges::equal(extracted("RSDP"), ByteView(image.bytes).first(36)));
    for (const auto& [signature, table] : read_tables(image))
      CHECK(std::ranges::equal(extracted(signature), table));
  }
}
