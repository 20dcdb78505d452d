// SPDX-License-Identifier: GPL-2.0-only
// Arbitrary bytes as a claim: the parser ends with a tree or one diagnostic, what it reads prints
// as a text that gives the same tree, and the check and the evaluator take whatever it reads.
#include <cstdint>
#include <cstdlib>

#include "claims/check.h"
#include "claims/judge.h"
#include "parse/claim_parser.h"

using namespace ktstr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  const std::optional<ir::Claim> claim = parse::parse_claim(text, {}, diagnostics);
  if (claim.has_value() != diagnostics.ok()) std::abort();
  if (!claim) return 0;

  const std::string printed = to_text(*claim);
  std::optional<ir::Claim> again = parse::parse_claim(printed, {}, diagnostics);
  // The canonical text of a claim near the limit may be longer than it.
  if (printed.size() <= parse::longest_claim) {
    if (!again) std::abort();
    again->text = claim->text;
    if (to_text(*again) != printed) std::abort();
  }

  claims::check_claim(*claim, {{"a", "cg_{i}"}, {"s"}, {"v"}}, {}, diagnostics);
  ir::Case judged;
  judged.claims = std::vector{*claim};
  judged.vars = {{"v", 2}};
  ir::Telemetry telemetry;
  telemetry.phases = {{.index = 0, .name = "s", .begin = 1s, .end = 2s}};
  telemetry.workers = {
      {.info = {.id = 1, .cgroup = "a"}, .slices = {{.worker = 1, .phase = 0, .lived = 1s}}}};
  (void)claims::judge(judged, telemetry, {});
  return 0;
}
