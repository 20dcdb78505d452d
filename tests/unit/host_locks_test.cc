// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <csignal>

#include <sys/wait.h>

#include <unistd.h>

#include "host/lock_table.h"
#include "host/locks.h"
#include "support/made_up_host.h"

using namespace ktstr;
using namespace ktstr::host;

namespace {

struct Place {
  TemporaryDirectory directory;
  Locks locks = Locks::open(directory / "deep/ktstr").value();

  [[nodiscard]] std::optional<Holding> take(const ir::Reservation& wanted) const {
    return locks.try_take(wanted).value();
  }
};

/// A process that takes a reservation and keeps it until it is killed.
class Taker {
 public:
  Taker(const Locks& locks, const ir::Reservation& wanted) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const auto held = locks.try_take(wanted);
      const char word = held && *held ? 'y' : 'n';
      if (::write(ready[1], &word, 1) == 1)
        while (true) ::pause();
      ::_exit(1);
    }
    char word = 0;
    REQUIRE(::read(ready[0], &word, 1) == 1);
    REQUIRE(word == 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;
  ~Taker() { kill(); }
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

const ir::Reservation alone{.llcs_alone = {8}, .llcs_shared = {0}, .cpus_alone = {1}};
const ir::Reservation ordinary{.llcs_shared = {0, 8}, .cpus_shared = {0, 8, 9}};

}  // namespace

TEST_CASE("many share what nobody has alone") {
  const Place place;
  const auto first = place.take(ordinary);
  const auto second = place.take(ordinary);
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(place.take(alone));
}

TEST_CASE("what somebody has alone nobody else gets, and a refusal leaves no locks") {
  const Place place;
  auto held = place.take(alone);
  REQUIRE(held);
  CHECK_FALSE(place.take(ordinary));
  CHECK_FALSE(place.take(alone));
  CHECK_FALSE(place.take({.llcs_shared = {0}, .cpus_shared = {0, 1}}));
  CHECK(place.take({.llcs_shared = {0}, .cpus_shared = {0}}));
  CHECK(place.take({.llcs_alone = {16}}));
  held.reset();
  CHECK(place.take({.llcs_alone = {0, 8, 16}, .cpus_alone = {0, 1, 8, 9}}));
}

TEST_CASE("a killed holder leaves nothing to clean up") {
  const Place place;
  Taker taker(place.locks, alone);
  CHECK_FALSE(place.take(ordinary));
  taker.kill();
  CHECK(place.take(ordinary));
}

TEST_CASE("those who wait to be alone are not overtaken for ever") {
  const Place place;
  auto sharing = place.take(ordinary);
  REQUIRE(sharing);
  std::optional<Holding> queue = place.locks.queue_for(alone);
  CHECK_FALSE(place.take({.llcs_shared = {8}}));
  CHECK(place.take({.llcs_shared = {0}}));
  const Holding second_queue = place.locks.queue_for(alone);  // Behind the first: no effect.
  sharing.reset();
  CHECK(place.take(alone));
  queue.reset();
  CHECK(place.take(ordinary));
}

TEST_CASE("everybody sees who holds what") {
  const Place place;
  CHECK(place.locks.holders().empty());
  const Taker taker(place.locks, alone);
  const std::vector<LockHolder> holders = place.locks.holders();
  REQUIRE(holders.size() == 3);
  CHECK(holders[0].what == "cpu-1");
  CHECK(holders[1].what == "llc-0");
  CHECK_FALSE(holders[1].alone);
  CHECK(holders[2].what == "llc-8");
  CHECK(holders[2].alone);
  CHECK(holders[2].pid == taker.pid());
  CHECK(holders[2].command.find("host") != std::string::npos);  // The test's own name.
  CHECK(taken(holders) == alone);
  CHECK(in_the_way(ordinary, holders)->starts_with("LLC 8, which "));
  CHECK(in_the_way(ordinary, holders)->ends_with(" has to itself"));
  CHECK(in_the_way({.cpus_shared = {1}}, holders)->starts_with("CPU 1, which "));
  CHECK(in_the_way({.llcs_alone = {0}}, holders)->ends_with(" uses"));
  CHECK_FALSE(in_the_way({.llcs_shared = {0, 16}, .cpus_shared = {0}}, holders));
}

TEST_CASE("waiting for an LLC counts as having it, for those who look for another") {
  const std::vector<LockHolder> holders{{"llc-8", false, 10, "a"}, {"llc-8.next", true, 11, "b"}};
  CHECK(taken(holders) == ir::Reservation{.llcs_alone = {8}});
  CHECK(in_the_way({.llcs_shared = {8}}, holders) == "LLC 8, which b (11) waits for");
  CHECK(in_the_way({.llcs_alone = {8}}, holders) == "LLC 8, which a (10) uses");
}

TEST_CASE("the kernel's table of locks, as it is and as it never should be") {
  MadeUpHost host({});
  host.write("/proc/locks",
             "1: FLOCK  ADVISORY  WRITE 29525 fe:00:10952772 0 EOF\n"
             "1: -> FLOCK  ADVISORY  WRITE 29526 fe:00:10952772 0 EOF\n"
             "2: POSIX  ADVISORY  READ 7 00:1b:33 0 EOF\n"
             "3: FLOCK  ADVISORY\n4: FLOCK ADVISORY READ x 00:1b:33 0 EOF\n\nnonsense\n"
             "5: FLOCK ADVISORY READ 1 00:1b 0 EOF\n");
  CHECK(read_lock_table(host.root()) == std::vector{HeldLock{true, true, 29525, 0xfe00, 10952772},
                                                    HeldLock{false, false, 7, 0x1b, 33}});
  host.write("/proc/7/cmdline", std::string("ktstr-run\0a.yaml\0", 17));
  CHECK(command_of(host.root(), 7).starts_with("ktstr-run a.yaml"));
  CHECK(command_of(host.root(), 8).empty());
}

TEST_CASE("names of locks") {
  CHECK(parse_lock_name("llc-8") == LockedPart{true, false, 8});
  CHECK(parse_lock_name("llc-8.next") == LockedPart{true, true, 8});
  CHECK(parse_lock_name("cpu-0") == LockedPart{false, false, 0});
  for (const char* name : {"cpu-0.next", "cpu-", "llc-x", "llc-99999", "llc-4294967297", "x", ""})
    CHECK_FALSE(parse_lock_name(name));
}
