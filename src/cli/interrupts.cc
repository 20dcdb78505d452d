// SPDX-License-Identifier: GPL-2.0-only
#include "cli/interrupts.h"

#include <atomic>

#include <signal.h>
#include <unistd.h>

namespace ktstr::cli {
namespace {

std::atomic<const run::Interrupt*> to_raise = nullptr;
std::atomic<int> signals = 0;

void on_signal(int) {
  if (signals.fetch_add(1) > 0) ::_exit(interrupted_status);
  if (const run::Interrupt* interrupt = to_raise) interrupt->raise();
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal_number, &action, nullptr);
}

}  // namespace

Result<Interrupts> Interrupts::caught() {
  return Interrupts(std::make_unique<run::Interrupt>(TRY(run::Interrupt::create())));
}

Interrupts::Interrupts(std::unique_ptr<run::Interrupt> interrupt)
    : interrupt_(std::move(interrupt)) {
  to_raise = interrupt_.get();
  handle(SIGINT, &on_signal);
  handle(SIGTERM, &on_signal);
}

Interrupts::~Interrupts() {
  if (interrupt_ == nullptr) return;
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  to_raise = nullptr;
}

}  // namespace ktstr::cli
