// SPDX-License-Identifier: GPL-2.0-only
// What a fixture scheduler prints of its end.
#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "bpf/loader.h"

namespace ktstr::bpf {
namespace {

TEST_CASE("the end of a scheduler in words") {
  ktstr_exit exit{};
  exit.kind = 1026;
  std::strcpy(exit.reason, "runnable task stall");
  std::strcpy(exit.message, "spin[123] failed to run for 4.012s");
  CHECK(describe_exit("scx_x", exit) ==
        "scx_x: ended: ERROR_STALL (1026): runnable task stall: "
        "spin[123] failed to run for 4.012s\n");
  std::strcpy(exit.dump, "line 1\nline 2\n\n");
  CHECK(describe_exit("scx_x", exit)
            .ends_with("4.012s\n-- BEGIN DUMP --\nline 1\nline 2\n"
                       "-- END DUMP --\n"));
}

TEST_CASE("an end of a kind that is not known, with a code") {
  ktstr_exit exit{};
  exit.kind = 1029;
  exit.code = 7;
  CHECK(describe_exit("scx_x", exit) == "scx_x: ended: another kind (1029, code 7)\n");
}

TEST_CASE("text that is not terminated ends with its array") {
  ktstr_exit exit{};
  exit.kind = 64;
  std::memset(exit.reason, 'r', sizeof(exit.reason));
  CHECK(describe_exit("scx_x", exit) ==
        "scx_x: ended: UNREG (64): " + std::string(KTSTR_EXIT_REASON, 'r') + "\n");
}

}  // namespace
}  // namespace ktstr::bpf
