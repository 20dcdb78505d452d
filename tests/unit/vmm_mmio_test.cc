// SPDX-License-Identifier: GPL-2.0-only
// The virtio-mmio transport against a driver that does as Linux does and ones that do not; sections
// are those of virtio 1.2.
#include <catch2/catch_test_macros.hpp>

#include "support/fake_mmio_driver.h"
#include "vmm/virtio/console_port.h"
#include "vmm/virtio/rng.h"

using namespace ktstr;
using namespace ktstr::vmm;
using virtio::ConsolePort;
using virtio::feature_event_index;
using virtio::feature_version_1;
using virtio::Rng;
using D = fake::MmioDriver;

namespace {

struct RngRig : D {
  RngRig() : D(std::make_shared<Rng>()) {}
  /// Offers a buffer and lets the device take a turn; what it used.
  std::optional<fake::Used> ask(std::uint32_t size = 32) {
    queues[0].add({{ram.allocate(size), size, true}});
    REQUIRE(mmio->take_turn(1s));
    return queues[0].reap();
  }
};

struct ConsoleRig {
  Console console;
  D driver{std::make_shared<ConsolePort>(console)};
};

}  // namespace

TEST_CASE("a device tells what it is (4.2.2)") {
  const RngRig rig;
  CHECK(rig.get(D::magic) == 0x74726976);
  CHECK(rig.get(D::version) == 2);
  CHECK(rig.get(D::device_id) == 4);
  CHECK(rig.get(D::vendor) != 0);
  CHECK(rig.get(D::status) == 0);
  CHECK(rig.get(D::config_generation) == 0);
  for (const std::uint64_t shared_memory :
       std::initializer_list<std::uint64_t>{0xb0, 0xb4, 0xb8, 0xbc})
    CHECK(rig.get(shared_memory) == UINT32_MAX);
}

TEST_CASE("features are offered in two halves (4.2.2)") {
  ConsoleRig rig;
  CHECK(rig.driver.offered() ==
        (feature_version_1 | feature_event_index | ConsolePort::feature_emergency_write));
  rig.driver.set(D::device_features_select, 2);
  CHECK(rig.driver.get(D::device_features) == 0);
}

TEST_CASE("features that were not offered are refused (2.2.2, 3.1.1)") {
  const RngRig rig;
  CHECK(rig.negotiate(feature_version_1));
  CHECK(rig.negotiate(rig.offered()));
  CHECK_FALSE(rig.negotiate(rig.offered() | 1));
  CHECK_FALSE(rig.negotiate(rig.offered() | std::uint64_t{1} << 40));
  CHECK_FALSE(rig.negotiate(feature_event_index));  // §6.1: not without version 1.
  CHECK(rig.get(D::status) == (D::acknowledge | D::driver));

  rig.set(D::status, 0);
  rig.set(D::driver_features_select, 2);
  rig.set(D::driver_features, 1);
  rig.set(D::driver_features_select, 1);
  rig.set(D::driver_features, 1);
  rig.set(D::status, D::acknowledge | D::driver | D::features_ok);
  CHECK((rig.get(D::status) & D::features_ok) == 0);
  CHECK(rig.negotiate(feature_version_1));  // A reset forgets the refusal.
}

TEST_CASE("features are settled by FEATURES_OK (3.1.1)") {
  RngRig rig;
  REQUIRE(rig.negotiate(feature_version_1));
  rig.set(D::driver_features_select, 0);
  rig.set(D::driver_features, 1);
  rig.queues.emplace_back(rig.ram, std::uint16_t{8}, false);  // Without the event index.
  rig.set_up(0, rig.queues[0].layout);
  rig.go();
  CHECK(rig.ask());
}

TEST_CASE("status bits are only added, in their order, and cleared by a reset (2.1, 2.4)") {
  const RngRig rig;
  rig.set(D::status, D::acknowledge);
  rig.set(D::status, D::driver);
  CHECK(rig.get(D::status) == (D::acknowledge | D::driver));
  rig.set(D::status, D::driver_ok);
  CHECK((rig.get(D::status) & D::driver_ok) == 0);
  rig.set(D::status, D::needs_reset | 16 | 32);  // Not the driver's.
  CHECK(rig.get(D::status) == (D::acknowledge | D::driver));
  rig.set(D::status, D::failed);
  CHECK(rig.get(D::status) == (D::acknowledge | D::driver | D::failed));
  rig.set(D::status, 0);
  CHECK(rig.get(D::status) == 0);
}

TEST_CASE("a queue is set up by its registers and locked while it is ready (4.2.2.2, 4.2.3.2)") {
  RngRig rig;
  rig.set(D::queue_select, 0);
  CHECK(rig.get(D::queue_size_max) == 64);
  CHECK(rig.get(D::queue_ready) == 0);
  rig.start();
  CHECK(rig.get(D::queue_ready) == 1);
  rig.set(D::queue_size, 1);
  rig.set_address(D::descriptors_low, 0);
  rig.set(D::queue_ready, 0);
  rig.set(D::queue_ready, 1);  // With what it had: the writes in between had no effect.
  rig.queues[0].reset();
  CHECK(rig.ask());

  rig.set(D::queue_select, 1);  // There is none.
  CHECK(rig.get(D::queue_size_max) == 0);
  rig.set(D::queue_ready, 1);
  CHECK(rig.get(D::queue_ready) == 0);
  rig.set(D::queue_select, UINT32_MAX);
  CHECK(rig.get(D::queue_ready) == 0);
}

TEST_CASE("a used buffer interrupts until it is acknowledged (4.2.2.1, 4.2.3.4)") {
  RngRig rig;
  rig.start();
  CHECK_FALSE(rig.interrupted());
  CHECK(rig.get(D::interrupt_status) == 0);
  REQUIRE(rig.ask());
  CHECK(rig.interrupted());
  CHECK(rig.get(D::interrupt_status) == 1);
  rig.set(D::interrupt_ack, 2);
  CHECK(rig.get(D::interrupt_status) == 1);
  rig.set(D::interrupt_ack, 1);
  CHECK(rig.get(D::interrupt_status) == 0);
  CHECK_FALSE(rig.interrupted());
}

TEST_CASE("nothing is served before DRIVER_OK, nor by a queue that is not ready (3.1.1, 4.2.2.1)") {
  RngRig rig;
  REQUIRE(rig.negotiate(rig.offered()));
  rig.queues.emplace_back(rig.ram, std::uint16_t{8}, true);
  rig.set_up(0, rig.queues[0].layout);
  CHECK_FALSE(rig.ask());
  rig.go();
  REQUIRE(rig.mmio->take_turn(1s));
  CHECK(rig.queues[0].reap());
  rig.set(D::queue_ready, 0);
  CHECK_FALSE(rig.ask());
}

TEST_CASE("a notification signals the queue it names (4.2.3.3)") {
  RngRig rig;
  const auto signalled = [&] {
    std::uint64_t count = 0;
    return ::read(rig.mmio->queue_event(0).get(), &count, sizeof count) == sizeof count;
  };
  rig.set(D::queue_notify, 0);
  CHECK(signalled());
  rig.set(D::queue_notify, 1);
  rig.set(D::queue_notify, UINT32_MAX);
  CHECK_FALSE(signalled());
}

TEST_CASE("a broken queue asks for a reset, and a reset mends it (2.1.2)") {
  RngRig rig;
  rig.start();
  rig.queues[0].set_available(100);
  REQUIRE(rig.mmio->take_turn(1s));
  CHECK((rig.get(D::status) & D::needs_reset) != 0);
  CHECK((rig.get(D::interrupt_status) & 2) != 0);
  CHECK(rig.interrupted());
  CHECK(rig.mmio->broken() == "queue 0: the available index runs ahead of the queue size (2.7.6)");
  rig.queues[0].reset();
  CHECK_FALSE(rig.ask());
  rig.set(D::queue_ready, 0);  // That does not help.
  rig.set(D::queue_ready, 1);
  CHECK_FALSE(rig.ask());
  rig.start();
  CHECK(rig.get(D::interrupt_status) == 0);
  CHECK(rig.mmio->broken().empty());
  CHECK(rig.ask());
}

TEST_CASE("a queue of an impossible size or place asks for a reset (2.7, 4.2.2.2)") {
  RngRig rig;
  REQUIRE(rig.negotiate(rig.offered()));
  rig.queues.emplace_back(rig.ram, std::uint16_t{128}, true);
  QueueLayout layout = rig.queues[0].layout;
  std::string why;
  SECTION("longer than the device allows") {
    why = "a queue longer than the device allows (4.2.2.2)";
  }
  SECTION("no power of two") {
    layout.size = 7;
    why = "virtqueue: a size of 7";
  }
  SECTION("never given a size") {
    layout.size = 0;
    why = "virtqueue: a size of 0";
  }
  SECTION("outside RAM") {
    layout.size = 8;
    layout.device = GuestPhys(0xfee0'0000);
    why = "virtqueue: the used ring is misaligned or not RAM";
  }
  rig.set_up(0, layout);
  rig.go();
  CHECK((rig.get(D::status) & D::needs_reset) != 0);
  CHECK(rig.mmio->broken() == why);
  CHECK(rig.mmio->take_turn(1s)->progress == false);
}

TEST_CASE("a reset clears the queues and the interrupt (2.4, 4.2.2.1)") {
  RngRig rig;
  rig.start();
  REQUIRE(rig.ask());
  rig.set(D::status, 0);
  CHECK(rig.get(D::interrupt_status) == 0);
  rig.set(D::queue_select, 0);
  CHECK(rig.get(D::queue_ready) == 0);
  CHECK_FALSE(rig.ask());
}

TEST_CASE("registers take aligned words, the configuration space any size (4.2.2.2)") {
  ConsoleRig rig;
  virtio::Mmio& mmio = *rig.driver.mmio;
  CHECK(mmio.read(0, 1) == 0);
  CHECK(mmio.read(0, 8) == 0);
  CHECK(mmio.read(2, 4) == 0);
  mmio.write(D::status, 1, 1);
  mmio.write(D::status + 1, 4, 1);
  CHECK(mmio.read(D::status, 4) == 0);
  for (const unsigned size : {1u, 2u, 4u, 8u}) {
    mmio.write(D::config + 8, size, 'x');
    CHECK(mmio.read(D::config + 12 - size, size) == 0);
  }
  CHECK(rig.console.text() == "xxx");  // Eight bytes reach over the end: without effect.
}

TEST_CASE("an access outside the configuration space has no effect (2.5)") {
  ConsoleRig rig;
  virtio::Mmio& mmio = *rig.driver.mmio;
  for (const std::uint64_t at : {std::uint64_t{D::config + 12}, std::uint64_t{D::config + 11},
                                 std::uint64_t{0x1000}, UINT64_MAX, UINT64_MAX - 3})
    for (const unsigned size : {2u, 4u, 8u, 16u, UINT32_MAX}) {
      CHECK(mmio.read(at, size) == 0);
      mmio.write(at, size, 'x');
    }
  CHECK(rig.console.text().empty());
}
