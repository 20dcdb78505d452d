// SPDX-License-Identifier: GPL-2.0-only
// ktstr-run: the entry point. The first Ctrl-C ends the run in order, a second one at once.
#include <atomic>
#include <cstdio>

#include <signal.h>
#include <unistd.h>

#include "cli/run.h"

namespace {

std::atomic<const ktstr::run::Interrupt*> to_raise = nullptr;
std::atomic<int> signals = 0;

void on_signal(int) {
  constexpr int interrupted = 130;
  if (signals.fetch_add(1) > 0) ::_exit(interrupted);
  if (const ktstr::run::Interrupt* interrupt = to_raise) interrupt->raise();
}

void handle(int signal_number) {
  struct sigaction action {};
  action.sa_handler = &on_signal;
  ::sigaction(signal_number, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ktstr;
  const auto parsed = cli::parse_run_arguments(argc, argv);
  if (const auto* finished = std::get_if<cli::Finished>(&parsed)) return finished->status;

  const Result<run::Interrupt> interrupt = run::Interrupt::create();
  if (!interrupt) {
    std::fprintf(stderr, "ktstr-run: %s\n", describe(interrupt.error()).c_str());
    return 3;
  }
  to_raise = &*interrupt;
  handle(SIGINT);
  handle(SIGTERM);
  ::signal(SIGPIPE, SIG_IGN);
  const int status = cli::run(std::get<cli::RunArguments>(parsed), *interrupt);
  std::fflush(stdout);
  to_raise = nullptr;
  return status;
}
