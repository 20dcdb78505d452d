// SPDX-License-Identifier: GPL-2.0-only
// What goes wrong in a real machine, and what the run then says: the rows of the fault table that
// the user's files cannot cause by themselves. The saboteur stands before the guest's init.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <thread>

#include <signal.h>

#include "base/clock.h"
#include "cli/execute.h"
#include "cli/init_blob.h"
#include "e2e/ktstr_run.h"
#include "schema/print.h"
#include "support/accelerator.h"
#include "support/temporary_directory.h"
#include "wire/messages.h"

using namespace ktstr;
using namespace ktstr::e2e;

namespace {

constexpr const char* busy = R"(topology: 1n1l2c1t
duration: 6s
cgroups: [{name: busy, workers: 2}]
)";

cli::GuestFiles files_of(bool sabotaged) {
  if (!sabotaged) return {cli::guest_init()};
  static const Buffer saboteur =
      read_file(std::string(std::getenv("KTSTR_BUILD")) + "/tests/e2e/saboteur", 64_MiB).value();
  const ByteView real = cli::guest_init();
  return {saboteur, {{"init.real", image::File{Buffer(real.begin(), real.end())}}}};
}

struct Scene {
  TemporaryDirectory directory;
  std::string name = "fault_" + std::to_string(::getpid());
  cli::Prepared prepared;
  plan::Options options;

  explicit Scene(const std::string& sabotage)
      : prepared(cli::prepare(cli::choose_kernel("").value(), files_of(!sabotage.empty()),
                              asked_accelerator().value_or(vmm::Accelerator::tcg))
                     .value()) {
    options.accelerator = prepared.monitor->facts().accelerator;
    options.overcommit = in_lab();
    options.vsock_port = wire::port;
    if (!sabotage.empty()) options.extra_command_line = "sabotage=" + sabotage;
  }

  ir::CaseResult run(const std::string& scenario) {
    const std::string path = directory / (name + ".yaml");
    REQUIRE(write_file_atomically(path, as_bytes("name: " + name + "\n" + scenario)));
    const parse::Loaded loaded = cli::load({path});
    Diagnostics diagnostics;
    auto cases = cli::expand_all(loaded, {}, diagnostics).value();
    REQUIRE(cases.size() == 1);
    REQUIRE(prepared.images->plan(cases, 1));
    const auto runs = run::RunDirectory::create(directory / "runs").value();
    const auto interrupt = run::Interrupt::create().value();
    return cli::execute({cases.front(), 0}, prepared, options, runs, interrupt,
                        [](const run::Progress&) {});
  }
};

void comes_to(const ir::CaseResult& result, ir::Outcome outcome, const std::string& kind,
              const std::string& label) {
  INFO(schema::print_json(schema::cref_to(result), {.indent = 2}));
  CHECK(result.verdict.outcome == outcome);
  REQUIRE_FALSE(result.verdict.findings.empty());
  CHECK(result.verdict.findings.front().kind == kind);
  CHECK(result.verdict.findings.front().label.find(label) != std::string::npos);
}

/// A monitor that boots another machine than it is asked for.
class WrongMonitor final : public vmm::Monitor {
 public:
  explicit WrongMonitor(std::unique_ptr<vmm::Monitor> real) : real_(std::move(real)) {}
  [[nodiscard]] const vmm::MonitorFacts& facts() const override { return real_->facts(); }
  [[nodiscard]] std::optional<std::string> obstacle(
      const vmm::MachineConfig& config) const override {
    return real_->obstacle(config);
  }
  Result<std::unique_ptr<vmm::Machine>> create(const vmm::MachineConfig& config) override {
    vmm::MachineConfig wrong = config;
    wrong.topology = topology::with_memory(
        topology::expand({.nodes = 1, .llcs = 1, .cores = 4, .threads = 1}).value(),
        config.topology.memory());
    return real_->create(wrong);
  }

 private:
  std::unique_ptr<vmm::Monitor> real_;
};

}  // namespace

TEST_CASE("what ends a guest is told by its name, within two seconds") {
  if (const auto reason = obstacle()) SKIP(*reason);
  struct Fault {
    const char* sabotage;
    ir::Outcome outcome;
    const char* kind;
    const char* label;
  };
  const auto fault =
      GENERATE(Fault{"panic", ir::Outcome::fail, "panic", "the guest's kernel panicked"},
               Fault{"oops", ir::Outcome::fail, "oops", "it ended the run"},
               Fault{"hang_up", ir::Outcome::error, "guest", "closed the connection"},
               Fault{"babble", ir::Outcome::error, "guest", "cannot be trusted"});
  INFO(fault.sabotage);
  const ir::CaseResult result = Scene(fault.sabotage).run(busy);
  comes_to(result, fault.outcome, fault.kind, fault.label);
  constexpr Nanos comes_after = 1s;
  CHECK(result.wall - result.boot < comes_after + 3s);
}

TEST_CASE("a machine that is not the one asked for is an error that says what differs") {
  if (const auto reason = obstacle()) SKIP(*reason);
  Scene scene("");
  scene.prepared.monitor = std::make_unique<WrongMonitor>(std::move(scene.prepared.monitor));
  const ir::CaseResult result =
      scene.run("topology: 1n2l2c1t\nduration: 1s\ncgroups: [{name: a, workers: 1}]\n");
  comes_to(result, ir::Outcome::error, "topology", "not the one that was asked for");
  REQUIRE_FALSE(result.verdict.findings.front().evidence.empty());
  CHECK(result.verdict.findings.front().evidence.front().starts_with("LLC of CPU 0"));
}

TEST_CASE("a guest whose init is kept from running is a failure after ten seconds of KVM") {
  if (const auto reason = obstacle()) SKIP(*reason);
  if (asked_accelerator() != vmm::Accelerator::kvm) SKIP("an emulated guest has thirty seconds");
  const ir::CaseResult result =
      Scene("silence").run("topology: 1n1l2c1t\nduration: 20s\ncgroups: [{name: a, workers: 1}]\n");
  comes_to(result, ir::Outcome::fail, "silent", "has said nothing for 10s");
  CHECK(result.wall - result.boot < 10s + 5s);
}

TEST_CASE("a guest that stands still is a failure after thirty seconds") {
  if (const auto reason = obstacle()) SKIP(*reason);
  Scene scene("");
  if (scene.options.accelerator != vmm::Accelerator::tcg) SKIP("it stops an emulator");
  std::jthread stopper([&](const std::stop_token& stop) {
    std::this_thread::sleep_for(9s);  // It boots in five and runs for twenty.
    for (const pid_t pid : processes_with(scene.name))
      if (!stop.stop_requested()) ::kill(pid, SIGSTOP);
  });
  const ir::CaseResult result =
      scene.run("topology: 1n1l2c1t\nduration: 20s\ncgroups: [{name: a, workers: 1}]\n");
  comes_to(result, ir::Outcome::fail, "silent", "has said nothing for 30s");
}

TEST_CASE("a worker killed for lack of memory is named, and ends the run") {
  if (const auto reason = obstacle()) SKIP(*reason);
  const ir::CaseResult result = Scene("").run(R"(topology: 1n1l2c1t
duration: 60s
cgroups:
  - {name: small, workers: 1, work: {cache_pressure: {size: 64MiB}}, memory: {max: 8MiB, swap_max: 0MiB}}
)");
  INFO(schema::print_json(schema::cref_to(result), {.indent = 2}));
  CHECK(result.verdict.outcome == ir::Outcome::fail);
  CHECK(schema::print_json(schema::cref_to(result)).find("for lack of memory") !=
        std::string::npos);
  CHECK(result.wall - result.boot < 20s);  // It takes an emulator a while to touch so much.
}

TEST_CASE("init samples on time while real-time tasks hold every CPU") {
  if (const auto reason = obstacle()) SKIP(*reason);
  // 50 samples are due in 5 s.
  const ir::CaseResult result = Scene("hog").run(R"(topology: 1n1l2c1t
duration: 6s
backdrop:
  cgroups: [{name: starved, workers: 2}]
steps:
  - {name: whole, hold: 6s}
checks: {starvation: off}
claims:
  - series(starved.cpu_time) never decreases with at least 48 samples
)");
  INFO(schema::print_json(schema::cref_to(result), {.indent = 2}));
  CHECK(result.verdict.outcome == ir::Outcome::pass);
}

TEST_CASE("init samples on time while every task of the scheduler stands still") {
  if (const auto reason = obstacle()) SKIP(*reason);
  const ir::CaseResult result = Scene("").run(R"(topology: 1n1l2c1t
duration: 6s
backdrop:
  cgroups: [{name: still, workers: 4}]
steps:
  - {name: frozen, ops: [{freeze: still}], hold: 6s}
checks: {starvation: off}
claims:
  - series(still.cpu_time) never decreases with at least 48 samples
  - still.cpu_time@frozen <= 50ms
)");
  INFO(schema::print_json(schema::cref_to(result), {.indent = 2}));
  CHECK(result.verdict.outcome == ir::Outcome::pass);
}
