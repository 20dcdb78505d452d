// SPDX-License-Identifier: GPL-2.0-only
// Reading texts in tests: a text's trees and mistakes, and what a span covers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doc/load.h"

namespace ktstr::doc {

struct Read {
  std::shared_ptr<const Source> source;
  std::vector<Document> documents;
  Diagnostics diagnostics;

  [[nodiscard]] const Node& root() const { return documents.at(0).root; }
  [[nodiscard]] bool ok() const { return diagnostics.ok(); }
  /// `line:column id message` of each mistake, one per line, without the file's name.
  [[nodiscard]] std::string mistakes() const {
    std::string out;
    for (const Diagnostic& mistake : diagnostics.all()) {
      out += to_text(mistake.place).substr(source->name.size()) + " " +
             std::string(mistake.code->id) + " " + mistake.message;
      if (!mistake.hint.empty()) out += " (" + mistake.hint + ")";
      out += "\n";
    }
    return out;
  }
  /// The part of the text that a span covers.
  [[nodiscard]] std::string covered(Span span) const {
    const std::string_view line = line_of({source, span});
    if (span.line == 0 || span.column == 0 || span.column > line.size() + 1) return "<outside>";
    return std::string(line.substr(span.column - 1, span.length));
  }
};

inline Read read(std::string text, Format format) {
  Read out{std::make_shared<const Source>(Source{"x", std::move(text)}), {}, {}};
  out.documents = parse(out.source, format, out.diagnostics);
  return out;
}
inline Read from_yaml(std::string text) {
  return read(std::move(text), Format::yaml);
}
inline Read from_toml(std::string text) {
  return read(std::move(text), Format::toml);
}
inline Read from_json(std::string text) {
  return read(std::move(text), Format::json);
}

inline std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

/// One scenario in the three formats.
inline constexpr std::string_view sample_yaml = R"(# A comment.
name: cpuset_resize            # default: the file's stem
about: "Two groups \"trade\" CPUs: é"
topology: 1n2l4c1t
duration: 6s
on: no
vars: {half: 0x10, ratio: -2.5e1, deep: [[1, 2], [], {}]}
backdrop:
  cgroups:
    - {name: a, cpuset: {disjoint: [0, 2]}, workers: cpus / 2}
    - name: b
      nice: -5
      'quoted key': 'it''s'
      script: |
        line one
        line two
steps:
  - {name: even, hold: 50%}
  - name: uneven
    ops:
      - set_cpuset: {cgroup: a, to: {range: [0, 0.25]}}
    hold: 50%
claims:
  - a.max_gap <= 1s
  - a.stray_cpus is empty
performance: true
)";

inline constexpr std::string_view sample_toml = R"(# A comment.
name = "cpuset_resize" # default: the file's stem
about = "Two groups \"trade\" CPUs: \u00e9"
topology = '1n2l4c1t'
duration = "6s"
on = "no"
performance = true
vars = {half = 0b1_0000, ratio = -25.0, deep = [
  [1, 2], # pairs
  [],
  {},
]}
claims = ["a.max_gap <= 1s", "a.stray_cpus is empty"]

[[backdrop.cgroups]]
name = "a"
cpuset.disjoint = [0, 2]
workers = "cpus / 2"

[[backdrop.cgroups]]
name = "b"
nice = -5
'quoted key' = "it's"
script = """
line one
line \
  two
"""

[[steps]]
name = "even"
hold = "50%"

[[steps]]
name = "uneven"
hold = "50%"
[[steps.ops]]
set_cpuset = {cgroup = "a", to.range = [0, 0.25]}
)";

inline constexpr std::string_view sample_json = R"({
  "name": "cpuset_resize",
  "about": "Two groups \"trade\" CPUs: \u00e9",
  "topology": "1n2l4c1t",
  "duration": "6s",
  "on": "no",
  "vars": {"half": 16, "ratio": -25.0, "deep": [[1, 2], [], {}]},
  "backdrop": {"cgroups": [
    {"name": "a", "cpuset": {"disjoint": [0, 2]}, "workers": "cpus / 2"},
    {"name": "b", "nice": -5, "quoted key": "it's", "script": "line one\nline two\n"}
  ]},
  "steps": [
    {"name": "even", "hold": "50%"},
    {"name": "uneven", "hold": "50%",
     "ops": [{"set_cpuset": {"cgroup": "a", "to": {"range": [0, 0.25]}}}]}
  ],
  "claims": ["a.max_gap <= 1s", "a.stray_cpus is empty"],
  "performance": true
}
)";

}  // namespace ktstr::doc
