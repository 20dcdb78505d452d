// SPDX-License-Identifier: GPL-2.0-only
// The cases of a scenario file in a directory of its own.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "cli/load.h"
#include "support/temporary_directory.h"

namespace ktstr::test {

struct Cases {
  TemporaryDirectory directory{};
  parse::Loaded loaded{};
  std::vector<cli::PlannedCase> cases{};

  void write(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomically(directory / name, as_bytes(text), 0755));
  }

  void expand(const std::string& scenarios, const cli::Selection& selection = {}) {
    write("s.yaml", scenarios);
    loaded = cli::load({directory / "s.yaml"});
    cases = cli::expand_all(loaded, selection, loaded.diagnostics).value();
    INFO(cli::render_all(loaded.diagnostics, false));
    REQUIRE(loaded.diagnostics.ok());
  }

  [[nodiscard]] const ir::Case& only() const {
    REQUIRE(cases.size() == 1);
    return cases[0].planned;
  }
};

/// The paths of everything that the case's bundles put into the guest.
inline std::set<std::string> paths_of(const cli::PlannedCase& planned) {
  std::set<std::string> out;
  for (const cli::Bundle& bundle : planned.bundles)
    for (const image::Entry& entry : *bundle) out.insert(entry.path);
  return out;
}

}  // namespace ktstr::test
