// SPDX-License-Identifier: GPL-2.0-only
// The compiled BPF objects hold what their loaders, and the host, look for by name. Nothing is
// loaded: that takes a guest.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bpf/fixture.h"
#include "bpf/layout.h"
#include "bpf/mischief.h"
#include "bpf/object.h"

namespace ktstr::bpf {
namespace {

struct Opened {
  explicit Opened(const std::string& name)
      : bytes(read(name)), object(name.c_str(), std::as_bytes(std::span(bytes))) {
    REQUIRE(object);
  }
  static std::vector<char> read(const std::string& name) {
    const std::filesystem::path build = std::getenv("KTSTR_BUILD");
    std::ifstream in(build / "bpf" / (name + ".bpf.o"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::vector<char> bytes;
  Object object;
};

TEST_CASE("every fixture can be told a watchdog, a partial switch, and tells its end") {
  for (const char* name : {"scx_fifo", "scx_llc", "scx_mischief", "scx_vtime"}) {
    INFO(name);
    Opened opened(name);
    const auto* exit = opened.object.variable<ktstr_exit>(".data.exit", "exit_record");
    REQUIRE(exit);
    CHECK(exit->kind == 0);
    CHECK(opened.object.set_timeout_ms(1234));
    CHECK(opened.object.or_flags(8));
  }
}

TEST_CASE("scx_mischief's commands are where a writer of its maps looks") {
  Opened opened("scx_mischief");
  auto* control = opened.object.variable<ktstr_mischief>(".data.mischief", "mischief");
  REQUIRE(control);
  CHECK(control->after_ns == 0);
  CHECK(control->error[0] == 0);
  CHECK(opened.object.variable<int>(".rodata", "loader_tgid"));
  CHECK(opened.object.variable<unsigned>(".rodata", "cpus"));
  CHECK(opened.object.variable<unsigned long long>(".rodata", "loop_ns"));
  CHECK(opened.object.variable<unsigned long long>(".bss", "attached_at"));
  for (const char* program : {"refused_plain", "refused_loop"})
    CHECK(opened.object.set_callback("dispatch", program));
}

TEST_CASE("scx_llc takes a layout") {
  Opened opened("scx_llc");
  CHECK(opened.object.variable<ktstr_layout>(".rodata", "layout"));
}

TEST_CASE("what an object does not have is not found") {
  Opened opened("scx_fifo");
  CHECK(!opened.object.variable<ktstr_exit>(".data.exit", "no_such_variable"));
  CHECK(!opened.object.variable<ktstr_exit>(".data.none", "exit_record"));
  CHECK(!opened.object.variable<int>(".data.exit", "exit_record"));
  CHECK(!opened.object.set_callback("dispatch", "no_such_program"));
  CHECK(!opened.object.set_callback("no_such_member", "fifo_dispatch"));
  CHECK(!opened.object.set_callback("timeout_ms", "fifo_dispatch"));
  const std::string text = "this is no object";
  CHECK(!Object("text", std::as_bytes(std::span(text))));
}

}  // namespace
}  // namespace ktstr::bpf
