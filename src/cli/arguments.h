// SPDX-License-Identifier: GPL-2.0-only
// The command lines of ktstr-run and ktstr as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/outputs.h"
#include "kernel/build.h"
#include "vmm/config.h"

namespace ktstr::cli {

struct RunArguments {
  std::vector<std::string> paths;
  std::string kernel;                                ///< Name or path; empty: the default one.
  std::optional<std::vector<std::string>> gauntlet;  ///< Presets; empty: all that fit.
  std::vector<std::string> filters;                  ///< Globs over ids; any may match.
  std::vector<std::string> tags;                     ///< Words; `!WORD` excludes.
  std::string topology;                              ///< In place of the scenario's own.
  std::vector<std::string> schedulers;               ///< NAME or NAME=PATH.
  std::vector<std::string> program_directories;      ///< Where programs may be.
  std::optional<vmm::Accelerator> accelerator;       ///< By default what works.
  std::string run_directory;
  std::string inconclusive;  ///< `pass`, `fail`, or empty.
  Outputs outputs;
  std::uint32_t jobs = 1;
  std::uint32_t repeat = 1;
  std::uint32_t max_vcpus = 0;
  bool overcommit = false;
  bool performance = false;
  bool skips_when_busy = false;
  bool allow_skip = false;
  bool list = false;
  bool dry_run = false;
  bool verbose = false;
};

/// A verb of `ktstr` and what follows it.
struct VerbArguments {
  std::string verb;                ///< `check`, `kernel fetch`, …
  std::vector<std::string> words;  ///< What the verb is about.
  bool quiet = false;
  bool json = false;
  kernel::BuildRequest build;  ///< For `kernel build`.
};

/// The exit status with which to end at once: usage was printed, or was wrong.
struct Finished {
  int status = 0;
};

std::variant<RunArguments, Finished> parse_run_arguments(int argc, char** argv);
std::variant<VerbArguments, Finished> parse_verb_arguments(int argc, char** argv);

}  // namespace ktstr::cli
