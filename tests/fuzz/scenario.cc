// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary bytes as a scenario file, in the FORMAT that the build sets: reading ends with
// scenarios or with diagnostics, what is sound can be expanded, and what is read prints as a text
// that reads back the same.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "expand/expand.h"
#include "parse/load.h"
#include "schema/print.h"

using namespace ktstr;

namespace {

constexpr auto format = doc::Format::FORMAT;

std::shared_ptr<const Source> source_of(std::string text) {
  return std::make_shared<const Source>(Source{"nowhere/fuzz", std::move(text)});
}

void check(const parse::LoadedScenario& loaded) {
  Diagnostics diagnostics;
  (void)expand::expand({loaded.stem, loaded.scenario, loaded.map}, {}, diagnostics);
  const parse::Loaded again = parse::load_text(
      source_of(schema::print(schema::cref_to(loaded.scenario))), doc::Format::yaml, loaded.stem);
  if (again.scenarios.size() != 1 || again.scenarios[0].scenario != loaded.scenario) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const parse::Loaded loaded = parse::load_text(source_of(text), format, "fuzz");
  for (const parse::LoadedScenario& scenario : loaded.scenarios)
    if (scenario.sound) check(scenario);
  // Whatever else is wrong with it, JSON that we read is JSON.
  if (format == doc::Format::json && loaded.diagnostics.ok() && !nlohmann::json::accept(text))
    std::abort();
  return 0;
}
