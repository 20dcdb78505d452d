// SPDX-License-Identifier: GPL-2.0-only
// Every kind of mistake ktstr reports about a user's file, once: its number, the name the code uses
// for it and the text of `ktstr explain`. To add one, add a row and a failing example under
// tests/diagnostics/<number>/. Numbers are never reused.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace ktstr {

struct CodeRow {
  std::string_view id;       ///< `E012`, what the user sees.
  std::string_view name;     ///< `unknown_key`, what the source says.
  std::string_view explain;  ///< What it means and how to mend it.
};

// clang-format off
inline constexpr CodeRow code_rows[] = {
    // Reading a file (doc).
    {"E001", "unreadable", "The file cannot be opened or is not a regular file. A scenario is a YAML, TOML or JSON file; give a directory to run every scenario in it."},
    {"E002", "too_large", "A scenario file may have at most 1 MiB, 100,000 nodes and 64 levels of nesting, aliases counted every time they are used. Split the file or generate less."},
    {"E003", "not_utf8", "The file contains bytes that are not UTF-8. Save it as UTF-8 without other encodings."},
    {"E004", "syntax", "The text is not well-formed YAML, TOML or JSON; the message says what the reader expected at that place."},
    {"E005", "duplicate_key", "A key may occur once in a map: of two values one would be lost without a word."},
    {"E006", "unsupported_yaml", "Merge keys (`<<`), tags and aliases that contain themselves are not part of the language; write the values out, or use `include`."},
    // Reading the tree (parse).
    {"E010", "wrong_type", "The value has another shape than the key takes: a map where a list belongs, a word where a number belongs."},
    {"E011", "missing_key", "A required key is absent."},
    {"E012", "unknown_key", "The key is not part of the language here. Names are the ones in docs/reference."},
    {"E013", "unknown_word", "The value must be one of a closed set of words."},
    {"E014", "bad_value", "The value cannot be read as what the key takes, for example a duration without a unit."},
    {"E015", "out_of_range", "The value lies outside the range the key allows."},
    {"E016", "not_yet", "The word belongs to the language, but this build does not have the feature. Nothing is ignored silently, so the file is refused."},
    {"E017", "bad_expression", "The arithmetic expression cannot be read."},
    {"E018", "unknown_name", "The expression names a variable that neither the topology nor `vars` supplies."},
    {"E019", "conflict", "Two keys contradict or exclude each other."},
    {"E020", "unknown_cgroup", "An op or claim names a cgroup that no backdrop, step or op creates."},
    {"E021", "duplicate_name", "Two things of the same kind carry the same name."},
    {"E022", "reserved_name", "The name is one the language itself uses."},
    {"E023", "bad_include", "An included file cannot be used: it is missing, includes itself, or differs from another include on the same leaf."},
    {"E024", "bad_hold", "The holds of the steps do not fit the duration."},
    {"E025", "nothing_to_do", "The scenario creates no workers and runs no op, so no claim could be judged."},
    {"E026", "unknown_scheduler", "A scenario names a scheduler, or a flag of one, that is defined neither under `schedulers` nor by `--scheduler NAME=PATH`."},
    {"E027", "bad_extends", "`extends` names no scenario of this file or of the files it includes, or leads back to itself."},
    {"E028", "bad_file", "A file for the guest cannot be used: its place in the guest is not free, or it has both a `from` and a `text`."},
    {"E029", "unknown_payload", "A cgroup, an op or a claim names a payload that `payloads` does not define, or an op ends or awaits one that nothing has started."},
    // Claims.
    {"E030", "claim_syntax", "The claim does not follow the grammar; the message says what was expected at the caret."},
    {"E031", "unknown_metric", "The claim names a metric, function or subject that does not exist."},
    {"E032", "dimension", "The two sides of a comparison have different dimensions, such as a time and a count."},
    {"E033", "claim_type", "A function or predicate was given a kind of value it does not take, such as p99 of a number."},
    {"E034", "unknown_step", "`@step` names no step of the scenario."},
    {"E035", "bad_pattern", "The regular expression is malformed, empty, or matches everything."},
    // Expanding onto a topology (expand).
    {"E040", "not_an_integer", "An expression gave a fraction where a whole number is needed. Wrap it in floor(), ceil() or use numbers that divide."},
    {"E041", "bad_cpuset", "The cpuset cannot be resolved on this topology: an index out of range, an empty set, or fewer CPUs than parts."},
    {"E042", "group_size", "The work type runs in groups of a fixed size, and the number of workers is not a multiple of it."},
    {"E043", "bad_topology", "The topology is not one a machine can have."},
    {"E044", "evaluation", "The expression cannot be evaluated, for example because it divides by zero."},
    // What is done as it is written, and probably not meant.
    {"W001", "unlimited_policy", "`cpu: {max: …}` limits fair tasks, and those of sched_ext where it implements it. Workers with a real-time or deadline policy in such a cgroup run as if it were not there; limit them by their number or their work."},
};
// clang-format on

/// A row of the table. Only `code("name")` makes one, so a code that does not exist does not
/// compile.
struct Code {
  std::uint8_t row = 0;

  bool operator==(const Code&) const = default;
  [[nodiscard]] constexpr const CodeRow& operator*() const { return code_rows[row]; }
  [[nodiscard]] constexpr const CodeRow* operator->() const { return &code_rows[row]; }
};

consteval Code code(std::string_view name) {
  const auto* found = std::ranges::find(code_rows, name, &CodeRow::name);
  if (found == std::end(code_rows)) throw "no such code in code_rows";
  return {static_cast<std::uint8_t>(found - std::begin(code_rows))};
}

}  // namespace ktstr
