// SPDX-License-Identifier: GPL-2.0-only
// `ktstr list` and `ktstr explain`: the vocabulary, from the tables and descriptions themselves.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "claims/language.h"
#include "cli/verbs.h"
#include "expand/presets.h"
#include "ir/op.h"
#include "ir/scenario.h"
#include "schema/example.h"
#include "schema/print.h"

namespace ktstr::cli {
namespace {

constexpr int bad_input = 4;

struct Row {
  std::string name;
  std::string doc;
  std::string example{};
};

std::vector<Row> alternatives(const schema::Type& choice) {
  std::vector<Row> out;
  for (const schema::TypeRef each : std::get<schema::ChoiceShape>(choice.shape).alternatives) {
    const std::optional<schema::Node> example = schema::example_of(each());
    out.push_back({std::string(each().name), std::string(each().doc),
                   example ? schema::to_inline_yaml(*example) : ""});
  }
  return out;
}

std::vector<Row> work_types() {
  return alternatives(schema::type_of<ir::Work>());
}
std::vector<Row> ops() {
  return alternatives(schema::type_of<ir::Op>());
}

std::vector<Row> checks() {
  std::vector<Row> out;
  for (const schema::FieldType& field :
       std::get<schema::RecordShape>(schema::type_of<ir::Checks>().shape).fields)
    out.push_back({std::string(field.name), std::string(field.doc)});
  return out;
}

std::vector<Row> language(std::span<const claims::LanguagePart> parts) {
  std::vector<Row> out;
  for (const claims::LanguagePart& part : parts)
    out.push_back({std::string(part.form), std::string(part.doc), std::string(part.example)});
  return out;
}
std::vector<Row> functions() {
  return language(claims::functions());
}
std::vector<Row> predicates() {
  return language(claims::predicates());
}
std::vector<Row> modifiers() {
  return language(claims::modifiers());
}

std::vector<Row> metric_rows() {
  std::vector<Row> out;
  for (const ir::Metric& row : ir::metrics)
    out.push_back({std::string(row.name), std::string(row.doc)});
  return out;
}

std::vector<Row> preset_rows() {
  std::vector<Row> out;
  for (const expand::Preset& preset : expand::presets()) {
    const topology::Shape& shape = preset.shape;
    out.push_back(
        {std::string(preset.name), fmt::format("{:<12} {:>3} CPUs", to_text(shape),
                                               shape.llcs * shape.cores * shape.threads)});
  }
  return out;
}

struct Kind {
  std::string_view name;
  std::vector<Row> (*rows)();
};

constexpr Kind kinds[] = {{"work", &work_types},     {"ops", &ops},
                          {"checks", &checks},       {"metrics", &metric_rows},
                          {"functions", &functions}, {"predicates", &predicates},
                          {"modifiers", &modifiers}, {"presets", &preset_rows}};

const char* name_of(ir::MetricClass metric_class) {
  switch (metric_class) {
    case ir::MetricClass::fact:
      return "fact: always judged";
    case ir::MetricClass::cpu_time:
      return "cpu_time: always judged";
    case ir::MetricClass::work:
      return "work: a failed claim is inconclusive under emulation or contention";
    case ir::MetricClass::wall:
      return "wall: limits are widened by the host's run delay";
  }
  return "";
}

std::string describe_metric(const ir::Metric& row) {
  const char* dimension = row.dimension == ir::Dimension::time    ? "time"
                          : row.dimension == ir::Dimension::bytes ? "bytes"
                          : row.dimension == ir::Dimension::rate  ? "per second"
                                                                  : "number";
  const char* kind = row.kind == ir::MetricKind::cpus           ? "CPU set"
                     : row.kind == ir::MetricKind::distribution ? "distribution"
                                                                : dimension;
  return fmt::format("{}\n\n{}\n\nis       a {}\nclass    {}\nfrom     {}\n", row.name, row.doc,
                     kind, name_of(row.metric_class), row.supplier);
}

}  // namespace

std::vector<std::string_view> listed_kinds() {
  std::vector<std::string_view> out;
  for (const Kind& kind : kinds) out.push_back(kind.name);
  return out;
}

int list_words(const VerbArguments& arguments) {
  const std::string& what = arguments.words.at(0);
  const auto* kind = std::ranges::find(kinds, what, &Kind::name);
  if (kind == std::end(kinds))
    return complain({"there is no list of " + what, 0, suggestion(what, listed_kinds())},
                    bad_input);
  const std::vector<Row> rows = kind->rows();
  std::size_t widest = 0;
  for (const Row& row : rows) widest = std::max(widest, row.name.size());
  for (const Row& row : rows)
    fmt::print("{:<{}}  {}{}{}\n", row.name, widest, row.doc,
               row.example.empty() ? "" : " Example: ", row.example);
  return 0;
}

int explain(const VerbArguments& arguments) {
  const std::string& word = arguments.words.at(0);
  std::string upper = word;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  if (const auto* row = std::ranges::find(code_rows, upper, &CodeRow::id);
      row != std::end(code_rows)) {
    fmt::print("{} ({})\n\n{}\n", row->id, row->name, row->explain);
    return 0;
  }
  if (const auto found = ir::find_metric(word)) {
    fmt::print("{}", describe_metric(**found));
    return 0;
  }
  std::vector<std::string_view> known;
  for (const CodeRow& row : code_rows) known.push_back(row.id);
  for (const ir::Metric& row : ir::metrics) known.push_back(row.name);
  return complain({"`" + word + "` is neither a code nor a metric", 0, suggestion(word, known)},
                  bad_input);
}

}  // namespace ktstr::cli
