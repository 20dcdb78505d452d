// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "cli/show_launch.h"

using namespace ktstr;

TEST_CASE("a machine is shown with what it has by default") {
  ir::Case planned{.id = {.stem = "two", .scenario = "two"}};
  planned.program.topology =
      with_memory(topology::expand(topology::Shape{1, 1, 2, 1}).value(), 1_GiB);
  planned.duration = 4s;
  planned.notes = {"no huge pages"};
  const ir::HostFacts host{.cpus = 2, .memory_available = 16_GiB};
  ir::KernelFacts kernel{.name = "7.3-stock", .version = {7, 3, 4}, .bz_image = "/b"};
  const std::string shown = cli::show_launch(planned, host, kernel, {});
  CHECK(shown.find("# two/two/-/-/-/-\n"
                   "# 1n1l2c1t: 2 CPUs, 1GiB; tcg, kernel 7.3-stock; about 10.0 s\n"
                   "# no huge pages\n") == 0);
  CHECK(shown.find("command_line: ") != std::string::npos);

  planned.skip = "it does not fit";
  CHECK(cli::show_launch(planned, host, kernel, {}) ==
        "# two/two/-/-/-/-\n# skipped: it does not fit\n");
}
