// SPDX-License-Identifier: GPL-2.0-only
// KvmFacts: whether this host's KVM, when tried, runs what a Linux kernel needs, and how fast.
#pragma once

#include <array>
#include <string>

#include "schema/record.h"
#include "schema/scalars.h"

namespace ktstr::ir {

enum class TrialOutcome { untried, passed, failed, hung, inapplicable };

struct KvmTrial {
  TrialOutcome outcome = TrialOutcome::untried;
  std::string detail;  ///< What went wrong.

  bool operator==(const KvmTrial&) const = default;
  static constexpr auto schema =
      schema::record("kvm_trial", "Something KVM was tried with.",
                     schema::Field{"outcome", &KvmTrial::outcome, "What it came to."},
                     schema::Field{"detail", &KvmTrial::detail, "What went wrong."});

  /// Nothing speaks against it.
  [[nodiscard]] bool fine() const {
    return outcome == TrialOutcome::passed || outcome == TrialOutcome::inapplicable;
  }
};

struct KvmFacts {
  KvmTrial opens;                      ///< A machine can be made.
  KvmTrial speed;                      ///< Kernel-mode instructions are executed at all.
  KvmTrial breakpoint;                 ///< int3 in kernel mode reaches its handler.
  KvmTrial extended_state;             ///< xrstors or xrstor.
  KvmTrial timer;                      ///< A timer interrupt ends hlt.
  double instructions_per_second = 0;  ///< In kernel mode; 0: not measured.

  bool operator==(const KvmFacts&) const = default;
  static constexpr auto schema = schema::record(
      "kvm_facts", "What became of trying this host's KVM.",
      schema::Field{"opens", &KvmFacts::opens, "Whether a machine can be made."},
      schema::Field{"speed", &KvmFacts::speed, "Whether kernel-mode instructions are executed."},
      schema::Field{"breakpoint", &KvmFacts::breakpoint, "int3 in kernel mode."},
      schema::Field{"extended_state", &KvmFacts::extended_state, "xrstors or xrstor."},
      schema::Field{"timer", &KvmFacts::timer, "A timer interrupt."},
      schema::Field{"instructions_per_second", &KvmFacts::instructions_per_second,
                    "Kernel-mode instructions a second; 0 when not measured."});
};

/// Slower, and a kernel's timer interrupts leave it no time for anything else.
inline constexpr double least_kvm_speed = 20e6;

}  // namespace ktstr::ir

template <>
inline constexpr auto ktstr::schema::words<ktstr::ir::TrialOutcome> = std::array{
    ktstr::schema::Word{"untried", "It was not come to."},
    ktstr::schema::Word{"passed", "It works."}, ktstr::schema::Word{"failed", "It does not work."},
    ktstr::schema::Word{"hung", "It did not end in time."},
    ktstr::schema::Word{"inapplicable", "This processor has no such thing."}};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::ir::TrialOutcome>{
    "trial_outcome", "What a trial came to."};
