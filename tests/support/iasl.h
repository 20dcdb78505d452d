// SPDX-License-Identifier: GPL-2.0-only
// ACPICA's compiler as an oracle: it takes a table apart and puts it together again.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/fd.h"
#include "base/process.h"
#include "support/temporary_directory.h"

namespace ktstr::testing {

inline Result<Output> run_iasl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "iasl");
  return run_command({.argv = std::move(arguments), .inherit = {}, .environment = {}},
                     std::chrono::seconds(60));
}

/// Its version, a date such as `20200925`; empty when it is not installed.
inline std::string iasl_version() {
  const Result<Output> output = run_iasl({"-v"});
  if (!output) return "";
  const std::string marker = "version ";
  const std::size_t at = output->out.find(marker);
  return at == std::string::npos ? "" : output->out.substr(at + marker.size(), 8);
}

/// The table's text without the comment on top, which has a date and a path.
inline std::string disassemble(ByteView table) {
  const TemporaryDirectory folder;
  REQUIRE(write_file_atomically(folder / "table.dat", table));
  const Output output = run_iasl({"-d", folder / "table.dat"}).value();
  INFO(output.out << output.err);
  REQUIRE(output.exit.success());
  CHECK(output.err.find("arning") == std::string::npos);
  const Buffer bytes = read_file(folder / "table.dsl", 16_MiB).value();
  const std::string text(as_text(bytes));
  const std::string end = "*/\n";
  return text.substr(text.find(end) + end.size());
}

/// What it makes of the text.
inline Buffer assemble(const std::string& text) {
  const TemporaryDirectory folder;
  REQUIRE(write_file_atomically(folder / "table.dsl", as_bytes(text)));
  const Output output = run_iasl({"-p", folder / "out", folder / "table.dsl"}).value();
  INFO(output.out << output.err);
  REQUIRE(output.exit.success());
  CHECK(output.out.find("0 Errors, 0 Warnings, 0 Remarks") != std::string::npos);
  return read_file(folder / "out.aml", 16_MiB).value();
}

}  // namespace ktstr::testing
