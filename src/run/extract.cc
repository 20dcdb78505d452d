// SPDX-License-Identifier: GPL-2.0-only
#include "run/extract.h"

#include <algorithm>
#include <variant>

#include <unistd.h>

#include "base/process.h"

namespace ktstr::run {
namespace {

constexpr Nanos patience = 30s;
constexpr Bytes most = 4_MiB;

Result<std::string> extract(const ir::Argv& argv, const std::string& text) {
  const Fd input = TRY(create_memfd("ktstr-payload", Bytes{0}));
  TRY(write_all(input, as_bytes(text), "an extractor's input"));
  if (::lseek(input.get(), 0, SEEK_SET) != 0) return fail_errno("rewind an extractor's input");
  Output output = TRY(run_command({.argv = argv, .inherit = {{input.get(), 0}}, .environment = {}},
                                  patience, most));
  if (output.exit.success()) return std::move(output.out);
  constexpr std::size_t shown = 500;
  return fail(argv[0] + ": " + describe(output.exit), output.err.substr(0, shown));
}

}  // namespace

void run_extractors(const std::vector<ir::Payload>& payloads, std::vector<ir::PayloadRun>& runs) {
  for (ir::PayloadRun& run : runs) {
    const auto payload = std::ranges::find(payloads, run.payload, &ir::Payload::name);
    if (payload == payloads.end()) continue;
    const auto* command = std::get_if<ir::CommandOutput>(&payload->output);
    if (command == nullptr) continue;
    Result<std::string> made = extract(command->argv, run.out.empty() ? run.err : run.out);
    if (made)
      run.extracted = *std::move(made);
    else
      run.extract_error = describe(made.error());
  }
}

}  // namespace ktstr::run
