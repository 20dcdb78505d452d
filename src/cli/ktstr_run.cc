// SPDX-License-Identifier: GPL-2.0-only
// ktstr-run: the entry point.
#include <cstdio>

#include <signal.h>

#include "cli/interrupts.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  using namespace ktstr;
  const auto parsed = cli::parse_run_arguments(argc, argv);
  if (const auto* finished = std::get_if<cli::Finished>(&parsed)) return finished->status;

  const Result<cli::Interrupts> interrupts = cli::Interrupts::caught();
  if (!interrupts) {
    std::fprintf(stderr, "ktstr-run: %s\n", describe(interrupts.error()).c_str());
    return 3;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const int status = cli::run(std::get<cli::RunArguments>(parsed), interrupts->interrupt());
  std::fflush(stdout);
  return status;
}
