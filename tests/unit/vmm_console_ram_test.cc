// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include "vmm/console.h"
#include "vmm/ram.h"

using namespace ktstr;
using vmm::Console;

namespace {

void print(Console& console, std::string_view text) {
  console.append(as_bytes(text));
}

/// `length` bytes of a sequence that does not repeat within the tests.
std::string sequence(std::size_t from, std::size_t length) {
  std::string out;
  for (std::size_t i = from; i < from + length; ++i) out += static_cast<char>('!' + i * i % 89);
  return out;
}

}  // namespace

TEST_CASE("a console within its limit keeps everything") {
  Console console(100_KiB);
  print(console, "one\ntwo\n");
  print(console, "three\nfour");
  CHECK(console.text() == "one\ntwo\nthree\nfour");
  CHECK(console.total() == 18);
  CHECK(console.dropped() == 0);
  CHECK(console.tail(0).empty());
  CHECK(console.tail(1) == "four");
  CHECK(console.tail(2) == "three\nfour");
  CHECK(console.tail(100) == console.text());
  print(console, "\n");
  CHECK(console.tail(2) == "three\nfour\n");
}

TEST_CASE("a flood leaves the beginning and the end, whatever its pieces") {
  const std::string all = sequence(0, 1000);
  for (const std::size_t piece : {1U, 7U, 25U, 75U, 100U, 333U, 1000U}) {
    Console console(Bytes{100});
    for (std::size_t at = 0; at < all.size(); at += piece)
      print(console, std::string_view(all).substr(at, piece));
    CHECK(console.total() == 1000);
    CHECK(console.dropped() == 900);
    CHECK(console.text() ==
          all.substr(0, 25) + "\n[900 bytes of console output dropped]\n" + all.substr(925));
  }
}

TEST_CASE("a follower reads everything once, or learns what it missed") {
  const std::string all = sequence(0, 300);
  Console console(Bytes{100});
  print(console, std::string_view(all).substr(0, 60));
  Console::Chunk chunk = console.from(0);
  CHECK(chunk.text == all.substr(0, 60));
  CHECK(chunk.skipped == 0);
  print(console, std::string_view(all).substr(60, 70));
  chunk = console.from(chunk.next);
  CHECK(chunk.text == all.substr(60, 70));
  CHECK(chunk.next == 130);
  print(console, std::string_view(all).substr(130));
  chunk = console.from(chunk.next);
  CHECK(chunk.text == all.substr(225));
  CHECK(chunk.skipped == 95);
  CHECK(console.from(chunk.next).text.empty());

  chunk = console.from(0);  // One who starts late gets the head first.
  CHECK(chunk.text == all.substr(0, 25));
  chunk = console.from(chunk.next);
  CHECK(chunk.skipped == 200);
  CHECK(chunk.text == all.substr(225));
}

TEST_CASE("RAM goes around the gap, node by node") {
  topology::Topology topology;
  topology.nodes = {
      {.llcs = 1, .memory = 2_GiB}, {.llcs = 1, .memory = 2_GiB}, {.llcs = 0, .memory = 1_GiB}};
  using vmm::RamRegion;
  CHECK(vmm::ram_layout(topology) ==
        std::vector<RamRegion>{{0, {}, {GuestPhys(0), 2_GiB}},
                               {1, {}, {GuestPhys(2ULL << 30), 1_GiB}},
                               {1, 1_GiB, {GuestPhys(4ULL << 30), 1_GiB}},
                               {2, {}, {GuestPhys(5ULL << 30), 1_GiB}}});
  topology.nodes = {{.llcs = 1, .memory = 3_GiB}};
  CHECK(vmm::ram_layout(topology) == std::vector<RamRegion>{{0, {}, {GuestPhys(0), 3_GiB}}});
}

TEST_CASE("RAM is seen through the memfds and nothing else is") {
  topology::Topology topology;
  topology.nodes = {{.llcs = 1, .memory = 2_GiB}, {.llcs = 1, .memory = 2_GiB}};
  const vmm::Ram ram = vmm::Ram::create("ram-test", topology).value();
  // The last byte below the gap and the first above it lie beside each other in the second node.
  REQUIRE(::pwrite(ram.node(1).get(), "ab", 2, (1 << 30) - 1) == 2);
  std::byte byte{};
  REQUIRE(ram.read(GuestPhys((3ULL << 30) - 1), {&byte, 1}));
  CHECK(byte == std::byte{'a'});
  REQUIRE(ram.read(GuestPhys(4ULL << 30), {&byte, 1}));
  CHECK(byte == std::byte{'b'});
  std::byte two[2];
  CHECK_FALSE(ram.read(GuestPhys((3ULL << 30) - 1), two));
  CHECK_FALSE(ram.read(GuestPhys(5ULL << 30), {&byte, 1}));
  CHECK_FALSE(ram.registers(GuestCpu(0)));
  CHECK(ram.ranges().size() == 3);
}
