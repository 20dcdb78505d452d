// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <sstream>

#include <sys/resource.h>

#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "run/host_load.h"

using namespace ktstr;
using namespace ktstr::run;

namespace {

std::size_t children() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::istringstream words(read_text(task.path() / "children").value_or(""));
    for (pid_t child = 0; words >> child;) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("the host is kept busy for a step, and what is left goes with its owner") {
  {
    HostLoad load;
    REQUIRE(load.start({0, 0}, 2, Share{1}));
    REQUIRE(load.start({1, 0}, 1, Share{0.1}));
    CHECK(load.running() == 3);
    CHECK(children() == 3);
    load.end(0);
    CHECK(load.running() == 1);
    CHECK(children() == 1);
    load.end(7);
    CHECK(load.running() == 1);
  }
  CHECK(children() == 0);
}

TEST_CASE("an op that is done again replaces its load; another adds to it") {
  HostLoad load;
  for (int round = 0; round < 3; ++round) REQUIRE(load.start({0, 1}, 200, Share{0.01}));
  CHECK(load.running() == 200);
  REQUIRE(load.start({0, 2}, 1, Share{0.01}));
  REQUIRE(load.start({1, 1}, 1, Share{0.01}));
  CHECK(load.running() == 202);
  CHECK(children() == 202);
  load.end(0);
  CHECK(load.running() == 1);
}

TEST_CASE("no scenario can take more of the host than is bearable") {
  HostLoad load;
  CHECK(!load.start({0, 0}, HostLoad::most + 1, Share{0.01}));
  CHECK(load.running() == 0);
}

TEST_CASE("a process is busy for no more than the share of its time that was asked for") {
  const auto spent = [](double share) {
    rusage before{}, after{};
    ::getrusage(RUSAGE_CHILDREN, &before);
    HostLoad load;
    REQUIRE(load.start({0, 0}, 1, Share{share}));
    const timespec length{0, 500'000'000};
    ::nanosleep(&length, nullptr);
    load.end(0);
    ::getrusage(RUSAGE_CHILDREN, &after);
    const auto time = [](const rusage& usage) {
      return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    };
    return time(after) - time(before);
  };
  const double little = spent(0.1);
  CHECK(little > 0.002);
  CHECK(little < 0.15);
  CHECK(spent(1) > little);
}
