// SPDX-License-Identifier: GPL-2.0-only
// JUnit XML as CI systems read it: a suite per file, a case per case. Fail is a failure, Error an
// error, Inconclusive and Skip are skipped with their reason.
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"
#include "report/formats.h"
#include "report/text.h"

namespace ktstr::report {
namespace {

/// Whether XML 1.0 can hold the character and no reader minds it.
bool is_xml(char32_t c) {
  return !is_control(c) && c != 0xFFFE && c != 0xFFFF;
}

/// What XML 1.0 has no way to write becomes U+FFFD, as in JSON.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    switch (c.value) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += c.valid && is_xml(c.value) ? text.substr(0, c.size) : replacement_text;
    }
    text.remove_prefix(c.size);
  }
  return out;
}

double seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

const char* element_of(ir::Outcome outcome) {
  switch (outcome) {
    case ir::Outcome::fail:
      return "failure";
    case ir::Outcome::error:
      return "error";
    case ir::Outcome::inconclusive:
    case ir::Outcome::skip:
      return "skipped";
    case ir::Outcome::pass:
      return nullptr;
  }
  return nullptr;
}

std::string test_case(const ir::CaseResult& result) {
  std::string out =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                  escaped(result.id.stem), escaped(to_text(result.id)), seconds(result.wall));
  const char* element = element_of(result.verdict.outcome);
  if (element == nullptr) return out + "/>\n";
  std::string message;
  std::string body;
  for (const ir::Finding& finding : result.verdict.findings) {
    if (finding.outcome != result.verdict.outcome) continue;
    if (message.empty()) message = headline(finding);
    body += headline(finding) + "\n";
    for (const std::string& line : finding.evidence) body += "  " + line + "\n";
  }
  return out + fmt::format(">\n      <{0} message=\"{1}\">{2}</{0}>\n    </testcase>\n", element,
                           escaped(message), escaped(body));
}

}  // namespace

std::string to_junit(const ir::RunResult& result) {
  std::map<std::string, std::vector<const ir::CaseResult*>> suites;
  for (const ir::CaseResult& item : result.cases) suites[item.id.stem].push_back(&item);

  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& [stem, cases] : suites) {
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = 0;
    Nanos time{0};
    std::string body;
    for (const ir::CaseResult* item : cases) {
      const ir::Outcome outcome = item->verdict.outcome;
      failures += outcome == ir::Outcome::fail;
      errors += outcome == ir::Outcome::error;
      skipped += outcome == ir::Outcome::skip || outcome == ir::Outcome::inconclusive;
      time += item->wall;
      body += test_case(*item);
    }
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{:.3f}\">\n{}  </testsuite>\n",
        escaped(stem), cases.size(), failures, errors, skipped, seconds(time), body);
  }
  return out + "</testsuites>\n";
}

}  // namespace ktstr::report
