// SPDX-License-Identifier: GPL-2.0-only
#include "e2e/ktstr_run.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <unistd.h>

#include "cli/init_blob.h"
#include "cli/prepare.h"
#include "support/accelerator.h"

namespace ktstr::e2e {

namespace fs = std::filesystem;

std::optional<std::string> obstacle() {
  if (cli::guest_init().empty()) return "this build has no static init (sanitizers)";
  Result<ir::KernelFacts> kernel = cli::choose_kernel("");
  if (!kernel) return describe(kernel.error());
  const auto prepared = cli::prepare(*std::move(kernel), {cli::guest_init()}, asked_accelerator());
  if (!prepared) return describe(prepared.error());
  return std::nullopt;
}

std::string source_path(const std::string& path) {
  return std::string(std::getenv("KTSTR_SOURCE")) + "/" + path;
}

Command command(const std::string& runs, const std::vector<std::string>& arguments) {
  Command out{
      .argv = {std::string(std::getenv("KTSTR_BUILD")) + "/src/cli/ktstr-run", "--run-dir", runs}};
  if (const auto asked = asked_accelerator())
    out.argv.insert(out.argv.end(), {"--accel", std::string(schema::word_of(*asked))});
  if (in_lab()) out.argv.emplace_back("--overcommit");
  out.argv.insert(out.argv.end(), arguments.begin(), arguments.end());
  return out;
}

Output ktstr_run(const std::string& runs, const std::vector<std::string>& arguments,
                 Nanos timeout) {
  const Result<Output> output = run_command(command(runs, arguments), timeout);
  if (!output) FAIL(describe(output.error()));
  UNSCOPED_INFO(output->out << output->err);
  return *output;
}

std::size_t lines_beginning(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.starts_with(word + " ");
  return count;
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> out;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == ::getpid()) continue;
    const Result<std::string> line = read_text(entry.path().string() + "/cmdline");
    if (line && line->find(text) != std::string::npos) out.push_back(pid);
  }
  return out;
}

}  // namespace ktstr::e2e
