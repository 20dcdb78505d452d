// SPDX-License-Identifier: GPL-2.0-only
// Busy CPUs: waited for or a reason to skip, on a made-up host with locks of its own.
#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include "cli/reserve.h"
#include "support/made_up_host.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

/// A case on a host with one LLC, so that everybody wants the same.
struct Scene {
  MadeUpHost made_up{{.cores = 4}};
  TemporaryDirectory directory;
  ir::Case planned;
  Prepared prepared;
  plan::Options options{.accelerator = vmm::Accelerator::kvm};
  run::Interrupt interrupt = run::Interrupt::create().value();
  std::vector<std::string> waited_for;

  Scene() {
    planned.program.topology =
        with_memory(topology::expand(topology::Shape::parse("1n1l2c1t").value()).value(), {});
    prepared.host = made_up.facts();
    prepared.kernel = {.name = "k", .vmlinux = "/v"};
    prepared.locks = locks();
  }

  [[nodiscard]] host::Locks locks() const { return host::Locks::open(directory.path()).value(); }
  [[nodiscard]] std::optional<host::Holding> take(const ir::Reservation& wanted) const {
    return locks().try_take(wanted).value();
  }
  /// `meanwhile` happens each time the case is told to wait.
  std::variant<Reserved, plan::Skip> reserve(const std::function<void()>& meanwhile = [] {}) {
    return cli::reserve(planned, prepared, options, interrupt, [&](const std::string& who) {
      waited_for.push_back(who);
      REQUIRE(waited_for.size() < 20);
      meanwhile();
    });
  }
};

const ir::Reservation whole_llc{.llcs_alone = {0}};
const ir::Reservation part_of_llc{.llcs_shared = {0}};

bool is_reserved(const std::variant<Reserved, plan::Skip>& result) {
  return std::holds_alternative<Reserved>(result);
}

}  // namespace

TEST_CASE("what is free is had at once, and kept until it is given back") {
  Scene scene;
  {
    const std::variant<Reserved, plan::Skip> first = scene.reserve();
    REQUIRE(is_reserved(first));
    CHECK(std::get<Reserved>(first).launch.reservation.llcs_shared == topology::CpuSet{0});
    CHECK(is_reserved(scene.reserve()));  // Ordinary machines share.
    CHECK_FALSE(scene.take(whole_llc));
  }
  CHECK(scene.take(whole_llc));
  CHECK(scene.waited_for.empty());
}

TEST_CASE("a case waits for busy CPUs until they are given back") {
  Scene scene;
  std::optional<host::Holding> held = scene.take(whole_llc);
  REQUIRE(held);
  const auto result = scene.reserve([&] {
    if (scene.waited_for.size() == 2) held.reset();
  });
  CHECK(is_reserved(result));
  REQUIRE(scene.waited_for.size() == 2);
  CHECK(scene.waited_for[0].starts_with("LLC 0, which "));
  CHECK(scene.waited_for[0].ends_with(" has to itself"));
}

TEST_CASE("a case that is to skip busy CPUs says whose they are, and waits for nobody") {
  Scene scene;
  scene.prepared.skips_when_busy = true;
  CHECK(is_reserved(scene.reserve()));
  const std::optional<host::Holding> held = scene.take(whole_llc);
  REQUIRE(held);
  const auto result = scene.reserve();
  REQUIRE_FALSE(is_reserved(result));
  const std::string& reason = std::get<plan::Skip>(result).reason;
  INFO(reason);
  CHECK(reason.starts_with("others hold CPUs it needs: LLC 0, which "));
  CHECK(reason.find("(" + std::to_string(::getpid()) + ")") != std::string::npos);
  CHECK(scene.waited_for.empty());
}

TEST_CASE("an interrupt ends the waiting") {
  Scene scene;
  const std::optional<host::Holding> held = scene.take(whole_llc);
  REQUIRE(held);
  const auto result = scene.reserve([&] { scene.interrupt.raise(); });
  REQUIRE_FALSE(is_reserved(result));
  CHECK(std::get<plan::Skip>(result).reason == "the run was interrupted");
  CHECK(scene.waited_for.size() == 1);
}

TEST_CASE("who waits to be alone is not overtaken by new ones who would share") {
  Scene scene;
  scene.options.performance = true;
  std::optional<host::Holding> sharing = scene.take(part_of_llc);
  REQUIRE(sharing);
  const auto result = scene.reserve([&] {
    CHECK_FALSE(scene.take(part_of_llc));
    sharing.reset();
  });
  REQUIRE(is_reserved(result));
  CHECK(std::get<Reserved>(result).launch.reservation.llcs_alone == topology::CpuSet{0});
  CHECK_FALSE(scene.take(part_of_llc));
}

TEST_CASE(
    "where there is no place for locks, nothing is reserved, and who would be alone is told") {
  Scene scene;
  scene.prepared.locks.reset();
  scene.prepared.no_locks = "nothing is reserved: no place";
  const std::optional<host::Holding> held = scene.take(whole_llc);
  const auto ordinary = scene.reserve();
  REQUIRE(is_reserved(ordinary));
  CHECK(std::get<Reserved>(ordinary).launch.notes.empty());
  scene.options.performance = true;
  const auto alone = scene.reserve();
  REQUIRE(is_reserved(alone));
  CHECK(std::get<Reserved>(alone).launch.notes.back() == "nothing is reserved: no place");
}

TEST_CASE("what the plan skips is skipped whoever holds what") {
  Scene scene;
  scene.planned.skip = "not today";
  const std::optional<host::Holding> held = scene.take(whole_llc);
  CHECK(std::get<plan::Skip>(scene.reserve()).reason == "not today");
  CHECK(scene.waited_for.empty());
}
