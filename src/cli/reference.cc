// SPDX-License-Identifier: GPL-2.0-only
#include "cli/reference.h"

#include <fmt/format.h>

#include "base/codes.h"
#include "claims/language.h"
#include "claims/names.h"
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
  return out;
}

std::string language_table(std::string_view title, std::string_view what, std::string_view intro,
                           std::span<const claims::LanguagePart> parts) {
  std::string out =
      fmt::format("\n## {}\n\n{}| {} | meaning | example |\n|---|---|---|\n", title, intro, what);
  for (const claims::LanguagePart& part : parts)
    out += fmt::format("| `{}` | {} | `{}` |\n", part.form, part.doc, part.example);
  return out;
}

template <class Row, std::size_t Count>
std::string names_table(std::string_view title, std::string_view intro, const Row (&rows)[Count]) {
  std::string out = fmt::format("\n## {}\n\n{}\n\n| name | meaning |\n|---|---|\n", title, intro);
  for (const Row& row : rows) {
    if constexpr (requires { row.built; })
      if (!row.built) continue;
    out += fmt::format("| `{}` | {} |\n", row.name, row.doc);
  }
  return out;
}

std::string claims_page() {
  std::string out =
      "# Claims\n\nA claim is one string: an expression, a predicate, and modifiers: "
      "`p99(a.wake_latency@load) <= 5ms with at least 1000 samples`. `a.max_gap` is a "
      "[metric](metrics.md) of the cgroup `a`, `a.workers.max_gap` the vector of its workers', "
      "`cgroup[x*].max_gap` that of the cgroups whose names match. `@load` cuts it to a step, `@*` "
      "gives one value per step; without it is of the whole run. What is compared as a vector or "
      "series must hold for every element. Numbers have dimensions: times, bytes, rates per second "
      "and plain numbers do not compare with each other.\n\nThe examples are of a scenario with "
      "the "
      "cgroups `a` and `b`, the steps `load` and `quiet` and the var `pairs`.\n";
  out += language_table("Functions", "function", "", claims::functions());
  out += language_table("Predicates", "predicate", "", claims::predicates());
  out += language_table("Modifiers", "modifier", "", claims::modifiers());
  out += names_table("Subjects", "What stands before a metric, besides the names of cgroups.",
                     claims::subjects);
  out += names_table("Variables", "The machine in numbers. No cgroup or var may be called so.",
                     claims::variables);
  out += names_table("The machine", "What `machine.` offers besides.", claims::machine_metrics);
  out += names_table("Payloads", "What `payload[NAME].` offers besides the numbers of its output.",
                     claims::payload_facts);
  out += language_table("Usual measures", "measure",
                        "No limit of these is right for every scenario, so they are no "
                        "[checks](scenario.md#checks).\n\n",
                        claims::idioms());
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
  out.push_back({"docs/reference/claims.md", claims_page()});
  out.push_back({"docs/reference/metrics.md", metrics_page()});
  out.push_back({"docs/reference/codes.md", codes_page()});
  out.push_back({"docs/reference/presets.md", presets_page()});
  return out;
}

}  // namespace ktstr::cli
