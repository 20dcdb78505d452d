// SPDX-License-Identifier: GPL-2.0-only
#include "cli/reference.h"

#include <fmt/format.h>

#include "base/codes.h"
#include "expand/presets.h"
#include "ir/verdict.h"
#include "parse/include.h"
#include "schema/json_schema.h"
#include "schema/markdown.h"

namespace ktstr::cli {
namespace {

std::string metrics_page() {
  std::string out =
      "# Metrics\n\nWhat claims can ask of workers and cgroups. `ktstr explain METRIC` says the "
      "same.\n\n| metric | meaning | measured by |\n|---|---|---|\n";
  for (const ir::Metric& row : ir::metrics)
    out += fmt::format("| `{}` | {} | {} |\n", row.name, row.doc, row.supplier);
  out += "\n## Functions\n\n| function | meaning |\n|---|---|\n";
  for (const schema::Word& word : schema::words<ir::Function>)
    out += fmt::format("| `{}` | {} |\n", word.name, word.doc);
  return out;
}

std::string codes_page() {
  std::string out = "# Error codes\n\n| code | name | meaning |\n|---|---|---|\n";
  for (const CodeRow& row : code_rows)
    out += fmt::format("| {} | {} | {} |\n", row.id, row.name, row.explain);
  return out;
}

std::string presets_page() {
  std::string out =
      "# Topology presets\n\nWhat `--gauntlet` multiplies a scenario over. `1n2l4c1t` is one node, "
      "two LLCs in total, four cores per LLC and one thread per core.\n\n"
      "| preset | topology | CPUs | memory |\n|---|---|---|---|\n";
  for (const expand::Preset& preset : expand::presets())
    out += fmt::format("| `{}` | {} | {} | {} |\n", preset.name, to_text(preset.shape),
                       preset.shape.llcs * preset.shape.cores * preset.shape.threads,
                       schema::Scalar<Bytes>::print(preset.memory));
  return out;
}

}  // namespace

std::vector<DerivedText> derived_texts() {
  std::vector<DerivedText> out;
  out.push_back({"schemas/scenario.schema.json",
                 schema::json_schema(schema::type_of<ir::Scenario>(), "ktstr scenario",
                                     &schema::type_of<parse::Composition>())});
  out.push_back({"schemas/result.schema.json",
                 schema::json_schema(schema::type_of<ir::RunResult>(), "ktstr result")});
  const schema::PageSpec pages[] = {
      {"scenario.md",
       "Scenarios",
       "One document of a scenario file.",
       {&schema::type_of<ir::Scenario>(), &schema::type_of<parse::Composition>()}},
      {"cgroups.md",
       "Cgroups and workers",
       "Cgroups, their CPUs and what runs in them.",
       {&schema::type_of<ir::Cgroup>()}},
      {"work.md", "Work types", "What a worker does.", {&schema::type_of<ir::Work>()}},
      {"ops.md", "Ops", "What a step does besides holding.", {&schema::type_of<ir::Op>()}},
  };
  for (const schema::Page& page : schema::markdown(pages))
    out.push_back({"docs/reference/" + page.file, page.text});
  out.push_back({"docs/reference/metrics.md", metrics_page()});
  out.push_back({"docs/reference/codes.md", codes_page()});
  out.push_back({"docs/reference/presets.md", presets_page()});
  return out;
}

}  // namespace ktstr::cli
