// SPDX-License-Identifier: GPL-2.0-only
// Broken texts of every kind end in trees or in mistakes, never in a crash, and every place a
// mistake or a node names lies within the text.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "tests/unit/doc_support.h"

using namespace ktstr;
using namespace ktstr::doc;

namespace {

bool within(const Read& read, Span span) {
  if (span.line == 0) return true;
  const std::string_view line = line_of({read.source, span});
  return span.column >= 1 && span.length >= 1 && span.column - 1 <= line.size() + 1;
}

bool spans_within(const Read& read, const Node& node) {
  bool fine = node.span.line > 0 && within(read, node.span);
  for (const Node& item : node.items) fine &= spans_within(read, item);
  for (const Member& member : node.members)
    fine &= within(read, member.key_span) && spans_within(read, member.value);
  return fine;
}

/// Reads a text and checks what must hold for all; whether it was accepted.
bool survives(const std::string& text, Format format) {
  const Read read = doc::read(text, format);
  bool fine = true;
  for (const Document& document : read.documents) fine &= spans_within(read, document.root);
  for (const Diagnostic& mistake : read.diagnostics.all()) {
    fine &= within(read, mistake.place.span) && !mistake.message.empty();
    fine &= !render(mistake, false).empty();
  }
  fine &= !read.documents.empty() || !read.ok();
  if (!fine) FAIL_CHECK("a place outside, or neither tree nor mistake:\n" << text);
  return read.ok();
}

constexpr std::pair<Format, std::string_view> samples[] = {
    {Format::yaml, sample_yaml}, {Format::toml, sample_toml}, {Format::json, sample_json}};

}  // namespace

TEST_CASE("a file cut off at any byte") {
  for (const auto& [format, sample] : samples) {
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < sample.size(); ++size)
      accepted += survives(std::string(sample.substr(0, size)), format) ? 1 : 0;
    // A JSON text ends where its bracket does; the others are whole after many lines.
    CHECK((format == Format::json ? accepted == 1 : accepted > 10));
  }
}

TEST_CASE("files with bytes changed, lost, doubled and swapped") {
  constexpr std::string_view spice = "[]{}:,-#&*!|>'\"%@`?~<=.\\ \t\n\r0ax_\xC3\xA9";
  std::mt19937 random(20260101);  // NOLINT: the same texts each time.
  const auto pick = [&](std::size_t below) { return random() % below; };
  for (const auto& [format, sample] : samples) {
    std::size_t refused = 0;
    for (int round = 0; round < 1500; ++round) {
      std::string text(sample);
      for (std::size_t edits = 1 + pick(3); edits > 0; --edits) {
        const std::size_t at = pick(text.size());
        const std::size_t length = 1 + pick(12);
        switch (pick(4)) {
          case 0:
            text[at] = spice[pick(spice.size())];
            break;
          case 1:
            text.erase(at, length);
            break;
          case 2:
            text.insert(at, 1, spice[pick(spice.size())]);
            break;
          default:
            text.insert(pick(text.size()), text.substr(at, length));
            break;
        }
      }
      refused += survives(text, format) ? 0 : 1;
    }
    CHECK(refused > 300);
  }
}
