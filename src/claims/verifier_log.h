// SPDX-License-Identifier: GPL-2.0-only
// What libbpf and the kernel's verifier say when a BPF program is refused, made short enough to be
// read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ktstr::claims {

/// Replaces what repeats by its first and last round and a count, also within each other. Two lines
/// count as equal when they differ in nothing but the number of the instruction and the state of
/// registers; a round has at least five lines and comes at least three times.
std::vector<std::string> collapse_cycles(std::vector<std::string> lines);

/// How the report of newer verifiers (7.x) begins, which comes after the line that says it all.
inline constexpr std::string_view verifier_report = "Verification failed: ";

struct LoadRefusal {
  std::string program;           ///< The BPF program that was refused; empty when none is named.
  std::string reason;            ///< In the verifier's words, or libbpf's.
  std::vector<std::string> log;  ///< The verifier's, collapsed.

  bool operator==(const LoadRefusal&) const = default;
};

/// nullopt when the output tells of no BPF object that failed to load.
std::optional<LoadRefusal> find_load_refusal(std::span<const std::string> output);

}  // namespace ktstr::claims
