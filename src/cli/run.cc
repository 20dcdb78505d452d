// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <mutex>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/process.h"
#include "cli/execute.h"
#include "cli/files.h"
#include "cli/init_blob.h"
#include "cli/live.h"
#include "cli/outputs.h"
#include "cli/payloads.h"
#include "cli/rerun.h"
#include "cli/schedulers.h"
#include "cli/show_launch.h"
#include "cli/version.h"
#include "expand/expand.h"
#include "vmm/config.h"
#include "wire/messages.h"

namespace ktstr::cli {
namespace {

constexpr int bad_input = 4;
constexpr int host_trouble = 3;

int refuse(const Error& error, int status) {
  std::fprintf(stderr, "ktstr-run: %s\n", describe(error).c_str());
  return status;
}

plan::Options plan_options(const RunArguments& arguments, const vmm::MonitorFacts& monitor) {
  return {.accelerator = monitor.accelerator,
          .max_vcpus = arguments.max_vcpus,
          .overcommit = arguments.overcommit,
          .jobs = arguments.jobs,
          .vsock_port = wire::port,
          .performance = arguments.performance,
          .parallel = monitor.parallel,
          .keeps_running = monitor.keeps_running};
}

std::vector<Execution> executions(const std::vector<PlannedCase>& cases, std::size_t repeat) {
  std::vector<Execution> out;
  for (const PlannedCase& planned : cases)
    for (std::size_t round = 0; round < repeat; ++round) out.push_back({planned, round});
  return out;
}

int list(const std::vector<PlannedCase>& cases) {
  for (const PlannedCase& planned : cases) std::puts(to_text(planned.planned.id).c_str());
  return 0;
}

int dry_run(const std::vector<PlannedCase>& cases, const Prepared& prepared,
            const plan::Options& options) {
  const char* separator = "";
  for (const PlannedCase& planned : cases) {
    std::printf("%s%s", separator,
                show_launch(planned.planned, prepared.host, prepared.kernel, options).c_str());
    separator = "---\n";
  }
  return 0;
}

/// Gives every case its programs and files.
Status pack_everything(std::vector<PlannedCase>& cases, const SchedulerSearch& search) {
  TRY(pack_schedulers(cases, search));
  TRY(pack_payloads(cases, search.directories));
  return pack_files(cases);
}

Nanos total_estimate(const std::vector<PlannedCase>& cases, std::uint32_t repeat,
                     const Prepared& prepared, const plan::Options& options) {
  Nanos once{0};
  for (const PlannedCase& planned : cases)
    once += plan::estimate(planned.planned, prepared.host, prepared.kernel, options);
  return once * repeat / options.jobs;
}

/// Runs everything, showing it; the results are in the order of the work.
void run_all(const std::vector<Execution>& work, const Prepared& prepared,
             const plan::Options& options, const run::RunDirectory& directory,
             const run::Interrupt& interrupt, const report::Style& style, ir::RunResult& result) {
  Live live(is_terminal(), style);
  std::vector<std::optional<ir::CaseResult>> results(work.size());
  for_each_parallel(work.size(), options.jobs, [&](std::size_t i) {
    if (interrupt.raised()) return;
    const std::string name = expand::short_id(work[i].planned.planned.id);
    results[i] = execute(work[i], prepared, options, directory, interrupt,
                         [&](const run::Progress& progress) { live.update(i, name, progress); });
    live.finish(i, report::finished(*results[i], name, style));
  });
  for (std::optional<ir::CaseResult>& item : results)
    if (item) result.cases.push_back(*std::move(item));
  result.interrupted = interrupt.raised();
}

}  // namespace

int run(const RunArguments& arguments, const run::Interrupt& interrupt) {
  const Nanos start = monotonic_now();
  const report::Style style = terminal_style(arguments.verbose);
  raise_descriptor_limit();

  if (const Status writable = check_outputs(arguments.outputs); !writable)
    return refuse(writable.error(), bad_input);
  const Result<std::vector<expand::SchedulerChoice>> schedulers =
      scheduler_choices(arguments.schedulers);
  if (!schedulers) return refuse(schedulers.error(), bad_input);
  parse::Loaded loaded = load(arguments.paths);
  Result<std::vector<PlannedCase>> cases = expand_all(loaded,
                                                      {.gauntlet = arguments.gauntlet,
                                                       .topology = arguments.topology,
                                                       .filters = arguments.filters,
                                                       .tags = arguments.tags,
                                                       .schedulers = *schedulers},
                                                      loaded.diagnostics);
  print_all(loaded.diagnostics);
  if (!cases) return refuse(cases.error(), bad_input);
  if (!loaded.diagnostics.ok()) return bad_input;
  if (cases->empty())
    return refuse({"no case matches --filter and --tag", 0, "--list shows the ids"}, bad_input);
  if (arguments.list) return list(*cases);

  Result<ir::KernelFacts> kernel = choose_kernel(arguments.kernel);
  if (!kernel) return refuse(kernel.error(), arguments.kernel.empty() ? host_trouble : bad_input);
  if (const Status packed = pack_everything(*cases, {*schedulers, arguments.program_directories});
      !packed)
    return refuse(packed.error(), bad_input);
  Result<Prepared> prepared = prepare(*std::move(kernel), {guest_init()}, arguments.accelerator);
  if (!prepared) return refuse(prepared.error(), host_trouble);
  if (const Status planned = prepared->images->plan(*cases, arguments.repeat); !planned)
    return refuse(planned.error(), host_trouble);
  prepared->skips_when_busy = arguments.skips_when_busy;
  prepared->repeated_options =
      repeated_options(arguments, kernel_again(arguments.kernel, prepared->kernel));
  if (!prepared->warning.empty())
    std::fprintf(stderr, "ktstr-run: warning: %s\n", prepared->warning.c_str());
  const vmm::MonitorFacts& monitor = prepared->monitor->facts();
  const plan::Options options = plan_options(arguments, monitor);
  if (arguments.dry_run) return dry_run(*cases, *prepared, options);

  const Result<std::string> home = arguments.run_directory.empty()
                                       ? run::runs_home()
                                       : Result<std::string>(arguments.run_directory);
  if (!home) return refuse(home.error(), host_trouble);
  Result<run::RunDirectory> directory = run::RunDirectory::create(*home);
  if (!directory) return refuse(directory.error(), host_trouble);

  ir::RunResult result{.version = std::string(version),
                       .accelerator = std::string(schema::word_of(monitor.accelerator)),
                       .kernel = prepared->kernel.name,
                       .reason = prepared->reason};
  const std::vector<Execution> work = executions(*cases, arguments.repeat);
  const Nanos estimate = total_estimate(*cases, arguments.repeat, *prepared, options);
  std::fputs(report::opening(result, work.size(), estimate, style).c_str(), stdout);
  run_all(work, *prepared, options, *directory, interrupt, style, result);
  result.wall = monotonic_now() - start;
  std::fputs(report::closing(result, style).c_str(), stdout);

  std::vector<Error> trouble;
  if (const Status finished = directory->finish(); !finished) trouble.push_back(finished.error());
  std::ranges::move(write_outputs(arguments.outputs, result), std::back_inserter(trouble));
  for (const Error& error : trouble) refuse(error, host_trouble);
  if (!trouble.empty()) return host_trouble;
  return report::exit_status(result, {.inconclusive_passes = arguments.inconclusive == "pass",
                                      .inconclusive_fails = arguments.inconclusive == "fail",
                                      .allow_skip = arguments.allow_skip});
}

}  // namespace ktstr::cli
