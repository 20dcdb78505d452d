// SPDX-License-Identifier: GPL-2.0-only
// The one includer of CLI11.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/verbs.h"
#include "cli/version.h"
#include "report/formats.h"
#include "vmm/config.h"

namespace ktstr::cli {
namespace {

constexpr int bad_usage = 4;

/// Lets CLI11 print help, version or the mistake, and maps its statuses to ours.
Finished finish(const CLI::App& app, const CLI::ParseError& error) {
  return {app.exit(error) == 0 ? 0 : bad_usage};
}

std::vector<std::string> split(const std::string& list) {
  return list.empty() ? std::vector<std::string>{} : CLI::detail::split(list, ',');
}

}  // namespace

std::variant<RunArguments, Finished> parse_run_arguments(int argc, char** argv) {
  RunArguments out;
  std::string gauntlet;
  CLI::App app(
      "Runs scheduler scenarios in virtual machines and judges their claims.\n"
      "Exit status: 0 all passed, 1 a failure, 2 inconclusive, 3 an error, 4 bad usage or a bad\n"
      "file, 5 nothing was run, 130 interrupted.",
      "ktstr-run");
  app.set_version_flag("--version", std::string(version));
  app.add_option("paths", out.paths, "Scenario files, or directories of them.")->required();
  app.add_option("--kernel", out.kernel, "A cached kernel, a bzImage, a vmlinux or a build tree.");
  CLI::Option* multiplied = app.add_flag(
      "--gauntlet{}", gauntlet, "Multiply over topology presets: --gauntlet[=PRESET,...].");
  app.add_option("--filter", out.filters, "Only cases whose id matches; * stays within a part.")
      ->take_all();
  app.add_option("--tag", out.tags,
                 "Only scenarios with any of these tags; '!WORD' leaves out those with WORD.")
      ->take_all();
  app.add_option("--topology", out.topology, "In place of the scenarios' own, such as 1n2l4c1t.")
      ->excludes(multiplied);
  app.add_option("--scheduler", out.schedulers,
                 "NAME=PATH: the program of a scheduler. NAME, or a name that a scenario does not\n"
                 "define: the scheduler to run under in place of the scenario's own; - is the\n"
                 "kernel's. Several: every scenario under each.")
      ->take_all();
  app.add_option("--program-dir,--scheduler-dir", out.program_directories,
                 "Look for the programs of schedulers and payloads here, too.")
      ->take_all();
  std::string accelerator = "auto";
  app.add_option("--accel", accelerator,
                 "How CPUs are run: kvm, on the processor; tcg, emulated; auto, kvm if it works.")
      ->check(CLI::IsMember({"auto", "kvm", "tcg"}));
  app.add_option("--repeat", out.repeat, "Run every case so many times.")
      ->check(CLI::Range(1, 100000));
  app.add_option("--jobs", out.jobs, "Machines at a time.")->check(CLI::Range(1, 256));
  app.add_option("--max-vcpus", out.max_vcpus, "Serve machines of up to so many vCPUs.")
      ->check(CLI::Range(1, 4096));
  app.add_flag("--overcommit", out.overcommit, "Serve machines of more vCPUs than is good.");
  app.add_flag("--performance", out.performance,
               "Give every machine CPUs and memory to itself: a CPU per vCPU, LLC by LLC.");
  std::string on_busy = "wait";
  app.add_option("--on-busy", on_busy, "What to do while others hold CPUs a case needs.")
      ->check(CLI::IsMember({"wait", "skip"}));
  app.add_option("--inconclusive", out.inconclusive, "Count inconclusive cases as this.")
      ->check(CLI::IsMember({"pass", "fail"}));
  app.add_flag("--allow-skip", out.allow_skip, "A run in which all is skipped is a success.");
  app.add_option("--run-dir", out.run_directory, "Keep runs below this directory.");
  app.add_flag("--list", out.list, "Print the ids of the cases and stop.");
  app.add_flag("--dry-run", out.dry_run, "Print what would be booted and stop.");
  app.add_flag("-v,--verbose", out.verbose, "Show passed claims with their values, too.");
  for (const report::Format& format : report::formats())
    app.add_option("--" + std::string(format.name), out.outputs[std::string(format.name)],
                   std::string(format.doc));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish(app, error);
  }
  out.accelerator = schema::enumerator_of<vmm::Accelerator>(accelerator);
  out.skips_when_busy = on_busy == "skip";
  if (multiplied->count() > 0) out.gauntlet = split(gauntlet);
  std::erase_if(out.outputs, [](const auto& output) { return output.second.empty(); });
  return out;
}

std::variant<VerbArguments, Finished> parse_verb_arguments(int argc, char** argv) {
  VerbArguments out;
  CLI::App app("Looks into ktstr: scenarios, their language, and kernels.", "ktstr");
  app.set_version_flag("--version", std::string(version));
  app.require_subcommand(1);
  const auto verb = [&](CLI::App& parent, const char* name, const std::string& doc,
                        const char* what, std::size_t least, std::size_t most) {
    CLI::App* command = parent.add_subcommand(name, doc);
    if (most > 0)
      command->add_option(what, out.words)
          ->expected(static_cast<int>(least), static_cast<int>(most))
          ->required(least > 0);
    const std::string full = parent.get_name() == "ktstr" ? name : parent.get_name() + " " + name;
    command->callback([&out, full] { out.verb = full; });
    return command;
  };
  constexpr std::size_t many = 100'000;
  verb(app, "check", "Read scenario files and report every mistake.", "FILE", 1, many);
  verb(app, "explain", "Explain an error code or a metric.", "CODE|METRIC", 1, 1);
  verb(app, "new", "Print a commented scenario to start from.", "NAME", 1, 1);
  verb(app, "list", fmt::format("List {}.", fmt::join(listed_kinds(), ", ")), "WHAT", 1, 1);
  verb(app, "emit",
       fmt::format("Show a stage's work: {} of a FILE; schema.", fmt::join(emitted_stages(), ", ")),
       "WHAT FILE", 1, 2);
  verb(app, "doctor", "Tell what this host offers, and what to do about what is missing.", "", 0, 0)
      ->add_flag("--json", out.json, "As JSON.");
  verb(app, "locks", "Show who has reserved CPUs of this host.", "", 0, 0)
      ->add_flag("--json", out.json, "As JSON.");
  CLI::App* kernel = app.add_subcommand("kernel", "Kernels to boot.");
  kernel->require_subcommand(1);
  verb(*kernel, "fetch", "Bring a stock kernel with sched_ext from the distribution.", "", 0, 0);
  CLI::App* build =
      verb(*kernel, "build", "Build a lean kernel from source, as kconfig/ says.", "TREE", 0, 1);
  build->add_option("--package", out.build.package,
                    "In place of a tree: a source package of the distribution, such as "
                    "linux-source-6.12.");
  build->add_option("--name", out.build.name, "What to call it; VERSION-ktstr by default.");
  build->add_option("--config", out.build.config, "A file of options that go over ktstr's own.")
      ->check(CLI::ExistingFile);
  build->add_option("--jobs", out.build.jobs, "Compilers at a time; by default one per CPU.")
      ->check(CLI::Range(1, 4096));
  build->add_flag("--force", out.build.force, "Build it even if it is cached.");
  verb(*kernel, "list", "List the kernels that are there.", "", 0, 0)
      ->add_flag("-q,--quiet", out.quiet, "Names only.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish(app, error);
  }
  return out;
}

}  // namespace ktstr::cli
