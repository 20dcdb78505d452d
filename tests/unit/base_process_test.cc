// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/process.h"

using namespace ktstr;

TEST_CASE("a command's streams and exit are collected") {
  const Result<Output> output =
      run_command({.argv = {"sh", "-c", "echo out; echo err >&2; echo $EXTRA; exit 3"},
                   .inherit = {},
                   .environment = {"EXTRA=seen"}},
                  5s);
  REQUIRE(output);
  CHECK(output->exit == Exit{3, 0});
  CHECK(output->out == "out\nseen\n");
  CHECK(output->err == "err\n");
  CHECK(describe(output->exit) == "exit 3");
}

TEST_CASE("a program that does not exist is an error of spawn, not an exit") {
  const Result<Process> process = Process::spawn({.argv = {"/nonexistent/program"}});
  REQUIRE_FALSE(process);
  CHECK(process.error().code == ENOENT);
}

TEST_CASE("a command that outlives its time is killed") {
  const Nanos start = monotonic_now();
  const Result<Output> output = run_command({.argv = {"sleep", "30"}}, 100ms);
  REQUIRE_FALSE(output);
  CHECK(output.error().code == ETIMEDOUT);
  CHECK(monotonic_now() - start < 5s);
}

TEST_CASE("output beyond the limit is dropped, not stored") {
  const Result<Output> output =
      run_command({.argv = {"head", "-c", "1000000", "/dev/zero"}}, 5s, Bytes{1000});
  REQUIRE(output);
  CHECK(output->exit.success());
  CHECK(output->out.size() == 1000);
}

TEST_CASE("a Process dies with its owner") {
  pid_t pid = 0;
  {
    const Process process = Process::spawn({.argv = {"sleep", "30"}}).value();
    pid = process.pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("inherited descriptors may have any number without hiding that a program is missing") {
  const Fd null = open_file("/dev/null", O_RDONLY).value();
  Command command{.argv = {"/nonexistent/program"}};
  for (int target = 3; target < 80; ++target) command.inherit.emplace_back(null.get(), target);
  const Result<Process> missing = Process::spawn(command);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ENOENT);

  command.argv = {"sh", "-c", "test -e /proc/self/fd/3 && test -e /proc/self/fd/79"};
  const Result<Output> output = run_command(command, 5s);
  REQUIRE(output);
  CHECK(output->exit.success());
}
