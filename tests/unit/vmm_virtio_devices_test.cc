// SPDX-License-Identifier: GPL-2.0-only
// The entropy and console devices against a driver, well-behaved and not; sections are those of
// virtio 1.2.
#include <catch2/catch_test_macros.hpp>
#include <set>

#include <fcntl.h>

#include "support/fake_device_driver.h"
#include "support/temporary_directory.h"
#include "vmm/virtio/console_port.h"
#include "vmm/virtio/create.h"
#include "vmm/virtio/rng.h"

using namespace ktstr;
using namespace ktstr::vmm;
using fake::DeviceDriver;
using virtio::ConsolePort;
using virtio::Rng;

namespace {

struct ConsoleRig {
  explicit ConsoleRig(Fd input = {}) : port(console, std::move(input)), driver(port) {}

  Console console;
  ConsolePort port;
  DeviceDriver driver;
};

std::pair<Fd, Fd> open_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

TEST_CASE("entropy fills what the driver offers (5.4.6)") {
  Rng rng;
  DeviceDriver driver(rng);
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t at = driver.ram.allocate(40);
    const auto used = driver.request(0, {{at, 16, true}, {at + 16, 24, true}});
    REQUIRE(used);
    CHECK(used->written == 40);
    seen.insert(driver.text(at, 16));
    seen.insert(driver.text(at + 24, 16));
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("entropy gives at least one byte and at most a bounded number of a buffer (5.4.6.2)") {
  Rng rng;
  DeviceDriver driver(rng);
  const std::uint64_t at = driver.ram.allocate(3 * Rng::per_buffer);
  CHECK(driver.request(0, {{at, 1, true}})->written == 1);
  CHECK(driver.request(0, {{at, 3 * Rng::per_buffer, true}})->written == Rng::per_buffer);
  CHECK(driver.text(at + Rng::per_buffer, Rng::per_buffer) == std::string(Rng::per_buffer, '\0'));
  CHECK(driver.request(0, {{at, 64, false}})->written == 0);  // Nothing to write to.
  CHECK(driver.request(0, {{at, 0, true}})->written == 0);
}

TEST_CASE("a turn of the entropy device ends however fast the driver is") {
  Rng rng;
  DeviceDriver driver(rng, 64);
  const std::uint64_t at = driver.ram.allocate(16);
  for (int i = 0; i < 64; ++i) driver.queues[0].add({{at, 16, true}});
  CHECK(driver.work());  // The budget is used up; there may be more.
  CHECK_FALSE(driver.work());
}

TEST_CASE("what the guest writes to the console is captured in order (5.3.6)") {
  ConsoleRig rig;
  const std::uint64_t first = rig.driver.put("one ");
  const std::uint64_t second = rig.driver.put("two\n");
  CHECK(rig.driver.request(1, {{first, 4, false}, {second, 4, false}})->written == 0);
  rig.driver.request(1, {{first, 4, false}});
  CHECK(rig.console.text() == "one two\none ");
  rig.driver.request(1, {{first, 4, true}});  // Nothing readable: nothing written.
  CHECK(rig.console.total() == 12);
}

TEST_CASE("of one enormous buffer the console takes a bounded part") {
  Console console(1_MiB);
  ConsolePort port(console);
  DeviceDriver driver(port, 64, 4_MiB);
  const std::uint64_t at = driver.ram.allocate(1u << 20);
  driver.request(1, std::vector<fake::Part>(64, {at, 1u << 20, false}));
  CHECK(console.total() == ConsolePort::per_buffer);
}

TEST_CASE("an emergency write needs no queue (5.3.4)") {
  ConsoleRig rig;
  CHECK(rig.port.features() == ConsolePort::feature_emergency_write);
  REQUIRE(rig.port.config().size() == 12);
  rig.port.write_config(8, as_bytes("!\0\0\0"));
  rig.port.write_config(0, as_bytes("no"));
  CHECK(rig.console.text() == "!");
}

TEST_CASE("input reaches the guest when it can be read, in buffers of any shape (5.3.6)") {
  auto [read_end, write_end] = open_pipe();
  ConsoleRig rig(std::move(read_end));
  CHECK(rig.port.events() == -1);  // No buffer: no reason to look.
  rig.driver.run();
  CHECK(rig.port.wants(0));
  const std::uint64_t at = rig.driver.ram.allocate(64);
  rig.driver.queues[0].add({{at, 2, true}, {at + 2, 3, true}});
  rig.driver.run();
  CHECK(rig.port.events() >= 0);
  CHECK_FALSE(rig.driver.queues[0].has_used());

  rig.port.dispatch();
  rig.driver.run();  // A false alarm does not block.
  REQUIRE(write_all(write_end, as_bytes("abcdefg"), "pipe"));
  rig.port.dispatch();
  rig.driver.run();
  CHECK(rig.driver.queues[0].reap()->written == 5);
  CHECK(rig.driver.text(at, 5) == "abcde");

  rig.driver.queues[0].add({{at, 1, false}});  // Not writable: given back empty.
  rig.port.dispatch();
  rig.driver.run();
  CHECK(rig.driver.queues[0].reap()->written == 0);
  rig.driver.queues[0].add({{at, 64, true}});
  rig.port.dispatch();
  rig.driver.run();
  CHECK(rig.driver.queues[0].reap()->written == 2);

  write_end.reset();
  rig.driver.queues[0].add({{at, 64, true}});
  rig.port.dispatch();
  rig.driver.run();
  CHECK_FALSE(rig.driver.queues[0].has_used());
  CHECK(rig.port.events() == -1);  // The input has ended.
}

TEST_CASE("a machine's configuration becomes its devices") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "image", Buffer(4096)));
  Console console;
  const virtio::Surroundings surroundings{console, [](std::uint32_t, Fd) {}};
  const auto devices = virtio::create_devices(
      {VsockDevice{.guest_cid = 9, .listen = {1}}, ConsoleDevice{}, RngDevice{},
       BlockDevice{.path = directory / "image"},
       BlockDevice{.path = directory / "image", .mode = DiskMode::read_only}},
      surroundings);
  REQUIRE(devices);
  std::string names;
  for (const auto& device : *devices) names += std::string(device->name()) + " ";
  CHECK(names == "virtio-vsock virtio-console virtio-rng virtio-blk virtio-blk ");
  CHECK(load_le<std::uint64_t>((*devices)[0]->config()) == 9);

  const auto missing =
      virtio::create_devices({BlockDevice{.path = directory / "none"}}, surroundings);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == "open " + (directory / "none"));
}
