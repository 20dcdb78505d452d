// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "cli/prepare.h"
#include "cli/rerun.h"

using namespace ktstr;
using namespace ktstr::cli;

TEST_CASE("a word is quoted where a shell would change it") {
  CHECK(shell_quoted("a/b-c_1.yaml") == "a/b-c_1.yaml");
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("a b") == "'a b'");
  CHECK(shell_quoted("it's") == "'it'\\''s'");
  CHECK(shell_quoted("$HOME;*") == "'$HOME;*'");
  CHECK(shell_quoted("~/x") == "'~/x'");
}

TEST_CASE("the command for a case names its file, its machine and itself") {
  ir::CaseId id{.stem = "two", .scenario = "my two"};
  CHECK(rerun_command("my files/two.yaml", id, " --kernel k") ==
        "ktstr-run 'my files/two.yaml' --filter 'two/my two/-/-/-/-' --kernel k");
  id = {.stem = "two", .scenario = "two", .preset = "1n2l4c1t"};
  CHECK(rerun_command("two.yaml", id, "") ==
        "ktstr-run two.yaml --topology 1n2l4c1t --filter two/two/1n2l4c1t/-/-/-");
  id.preset = "smt-many";
  CHECK(rerun_command("two.yaml", id, "") ==
        "ktstr-run two.yaml --gauntlet=smt-many --filter two/two/smt-many/-/-/-");
}

TEST_CASE("the options that change what is run, and where it can be, are repeated") {
  CHECK(repeated_options({}, "7.3-stock") == " --kernel 7.3-stock");
  RunArguments arguments;
  arguments.accelerator = vmm::Accelerator::tcg;
  arguments.schedulers = {"-", "mine=/my schedulers/mine"};
  arguments.program_directories = {"bin", "more bin"};
  arguments.max_vcpus = 64;
  arguments.overcommit = true;
  arguments.performance = true;
  CHECK(repeated_options(arguments, "/boot/my kernel") ==
        " --kernel '/boot/my kernel' --accel tcg --scheduler - "
        "--scheduler 'mine=/my schedulers/mine' --program-dir bin --program-dir 'more bin' "
        "--max-vcpus 64 --overcommit --performance");
}

TEST_CASE("a kernel given by its path is named by it again, from wherever") {
  const ir::KernelFacts chosen{.name = "7.3-stock"};
  const std::string here = std::filesystem::current_path();
  CHECK(kernel_again("", chosen) == "7.3-stock");
  CHECK(kernel_again("./no/../bzImage", chosen) == here + "/bzImage");
  CHECK(kernel_again("/boot/no-such-vmlinuz", chosen) == "/boot/no-such-vmlinuz");
}
