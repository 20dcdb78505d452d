// SPDX-License-Identifier: GPL-2.0-only
// A scenario file as the rest of ktstr gets it: read, its includes merged, every rule that needs no
// topology checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "doc/load.h"
#include "ir/scenario.h"
#include "ir/source_map.h"

namespace ktstr::parse {

struct LoadedScenario {
  std::string stem;  ///< The file's, as `discover` gives it.
  ir::Scenario scenario;
  ir::SourceMap map;
  std::shared_ptr<const Source> source;
  bool complete = false;  ///< Whatever it names was read: a name nothing declares is a mistake.
  bool sound = false;     ///< Without errors.
};

struct Loaded {
  std::vector<LoadedScenario> scenarios;  ///< One for each document that is a map.
  Diagnostics diagnostics;
};

/// Every scenario of a file and all its mistakes.
Loaded load(const std::string& path, const std::string& stem);
/// The same for a text in memory; includes are relative to the directory of its name.
Loaded load_text(const std::shared_ptr<const Source>& source, doc::Format format,
                 const std::string& stem);

}  // namespace ktstr::parse
