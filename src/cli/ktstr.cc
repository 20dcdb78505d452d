// SPDX-License-Identifier: GPL-2.0-only
// ktstr: the entry point.
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace ktstr::cli;
  const auto parsed = parse_verb_arguments(argc, argv);
  if (const auto* finished = std::get_if<Finished>(&parsed)) return finished->status;
  return run_verb(std::get<VerbArguments>(parsed));
}
