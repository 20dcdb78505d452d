// SPDX-License-Identifier: GPL-2.0-only
// Guest memory and the split virtqueue against well-behaved and hostile drivers; sections are those
// of virtio 1.2.
#include <catch2/catch_test_macros.hpp>

#include "support/fake_virtio_driver.h"

using namespace ktstr;
using namespace ktstr::vmm;
using fake::DriverQueue;
using fake::Ram;

namespace {

struct Rig {
  explicit Rig(bool event_index = true, std::uint16_t size = 8)
      : driver(ram, size, event_index), buffer(ram.allocate(4096)) {
    queue.emplace(Queue::create(ram.memory, driver.layout).value());
  }
  std::string_view broken_after_peek() {
    CHECK_FALSE(queue->peek(chain));
    CHECK_FALSE(queue->arm());  // A broken queue never has work again.
    return queue->broken();
  }

  Ram ram{64_KiB};
  DriverQueue driver;
  std::uint64_t buffer;
  std::optional<Queue> queue;
  Chain chain;
};

GuestMemory two_regions() {
  GuestMemory memory;
  REQUIRE(memory.add(GuestPhys(0x10000), Mapping::anonymous_shared(4_KiB).value()));
  REQUIRE(memory.add(GuestPhys(0x11000), Mapping::anonymous_shared(8_KiB).value()));
  return memory;
}

}  // namespace

TEST_CASE("a span lies within one region of RAM or is refused") {
  const GuestMemory memory = two_regions();
  CHECK(memory.span(GuestPhys(0x10000), 4096)->size() == 4096);
  CHECK(memory.span(GuestPhys(0x12fff), 1)->size() == 1);
  CHECK_FALSE(memory.span(GuestPhys(0x13000), 1));
  CHECK_FALSE(memory.span(GuestPhys(0xffff), 1));
  CHECK_FALSE(memory.span(GuestPhys(0x10fff), 2));  // Adjacent regions are separate mappings.
  CHECK_FALSE(memory.span(GuestPhys(0x12fff), 2));
  CHECK_FALSE(memory.span(GuestPhys(0x10000), UINT64_MAX));
  CHECK_FALSE(memory.span(GuestPhys(UINT64_MAX), 1));
  CHECK(memory.span(GuestPhys(UINT64_MAX), 0)->empty());
}

TEST_CASE("regions neither overlap nor wrap") {
  GuestMemory memory = two_regions();
  CHECK_FALSE(memory.add(GuestPhys(0xf001), Mapping::anonymous_shared(4_KiB).value()));
  CHECK_FALSE(memory.add(GuestPhys(0x12fff), Mapping::anonymous_shared(4_KiB).value()));
  CHECK_FALSE(memory.add(GuestPhys(UINT64_MAX - 4095), Mapping::anonymous_shared(4_KiB).value()));
  CHECK_FALSE(memory.add(GuestPhys(0), Mapping()));
  CHECK(memory.add(GuestPhys(0xf000), Mapping::anonymous_shared(4_KiB).value()));
  CHECK(memory.ranges() == std::vector<GuestRange>{{GuestPhys(0xf000), 4_KiB},
                                                   {GuestPhys(0x10000), 4_KiB},
                                                   {GuestPhys(0x11000), 8_KiB}});
}

TEST_CASE("a read crosses adjacent regions and fails at a hole") {
  const GuestMemory memory = two_regions();
  store_le<std::uint8_t>(*memory.span(GuestPhys(0x10fff), 1), 0, 1);
  store_le<std::uint8_t>(*memory.span(GuestPhys(0x11000), 1), 0, 2);
  Buffer out(2);
  REQUIRE(memory.read(GuestPhys(0x10fff), out));
  CHECK(out == Buffer{std::byte{1}, std::byte{2}});
  CHECK_FALSE(memory.read(GuestPhys(0x12fff), out));
}

TEST_CASE("a queue of impossible size or place is refused (2.7)") {
  Rig rig;
  QueueLayout layout = rig.driver.layout;
  const auto refused = [&] { return !Queue::create(rig.ram.memory, layout); };
  CHECK_FALSE(refused());
  for (const std::uint16_t size : std::initializer_list<std::uint16_t>{0, 3, 2048, 65535}) {
    layout.size = size;
    CHECK(refused());
  }
  layout = rig.driver.layout;
  layout.descriptors.raw += 8;
  CHECK(refused());
  layout = rig.driver.layout;
  layout.driver.raw += 1;
  CHECK(refused());
  layout = rig.driver.layout;
  layout.device.raw += 2;
  CHECK(refused());
  layout = rig.driver.layout;
  layout.device = GuestPhys(Ram::base + (64u << 10) - 8);
  CHECK(refused());
}

TEST_CASE("chains arrive in order, split into readable and writable parts (2.7.4)") {
  Rig rig;
  rig.driver.add(
      {{rig.buffer, 10, false}, {rig.buffer + 64, 0, false}, {rig.buffer + 99, 5, true}});
  rig.driver.add({{rig.buffer + 200, 7, true}});
  REQUIRE(rig.queue->peek(rig.chain));
  CHECK(rig.chain.readable_size() == 10);
  CHECK(rig.chain.writable_size() == 5);
  CHECK(rig.chain.readable.size() == 1);
  const std::uint16_t first = rig.chain.head;
  rig.queue->take();
  REQUIRE(rig.queue->peek(rig.chain));
  CHECK(rig.chain.writable_size() == 7);
  CHECK(rig.chain.readable.empty());
  rig.queue->take();
  CHECK_FALSE(rig.queue->peek(rig.chain));
  rig.queue->put(first, 3);
  const auto used = rig.driver.reap();
  REQUIRE(used);
  CHECK(used->head == first);
  CHECK(used->written == 3);
  CHECK_FALSE(rig.driver.reap());
}

TEST_CASE("both indices wrap at 2^16 (2.7.6, 2.7.8)") {
  Rig rig;
  for (int i = 0; i < 70'000; ++i) {
    const auto head = rig.driver.add({{rig.buffer, 16, false}});
    if (!rig.queue->peek(rig.chain) || rig.chain.head != *head) FAIL("lost at " << i);
    rig.queue->take();
    rig.queue->put(rig.chain.head, 0);
    const auto used = rig.driver.reap();
    if (!used || used->head != *head) FAIL("not used at " << i);
  }
  CHECK(rig.queue->next() == 70'000 % 65'536);
}

TEST_CASE("a chain that loops breaks the queue (2.7.5.2)") {
  Rig rig;
  rig.driver.write_descriptor(0, rig.buffer, 1, 1, 1);
  rig.driver.write_descriptor(1, rig.buffer, 1, 1, 0);
  rig.driver.offer(0);
  CHECK(rig.broken_after_peek() == "a descriptor chain loops (2.7.5.2)");
}

TEST_CASE("a chain as long as the queue is legal (2.7.5.2)") {
  Rig rig;
  rig.driver.add(std::vector<fake::Part>(8, {rig.buffer, 4, false}));
  REQUIRE(rig.queue->peek(rig.chain));
  CHECK(rig.chain.readable_size() == 32);
}

TEST_CASE("an index outside the table breaks the queue (2.7.5)") {
  Rig rig;
  SECTION("as the head") {
    rig.driver.offer(8);
  }
  SECTION("as the next") {
    rig.driver.write_descriptor(0, rig.buffer, 1, 1, 8);
    rig.driver.offer(0);
  }
  CHECK(rig.broken_after_peek() == "a descriptor index leaves the table (2.7.5)");
}

TEST_CASE("a descriptor outside RAM breaks the queue (2.7.5)") {
  Rig rig;
  const std::uint64_t end = Ram::base + (64u << 10);
  SECTION("below") {
    rig.driver.write_descriptor(0, 0, 1, 0, 0);
  }
  SECTION("above") {
    rig.driver.write_descriptor(0, end, 1, 0, 0);
  }
  SECTION("across the end") {
    rig.driver.write_descriptor(0, end - 4, 5, 2, 0);
  }
  SECTION("wrapping") {
    rig.driver.write_descriptor(0, UINT64_MAX - 1, 4, 0, 0);
  }
  SECTION("later in the chain") {
    rig.driver.write_descriptor(0, rig.buffer, 4, 1, 1);
    rig.driver.write_descriptor(1, end - 1, 2, 0, 0);
  }
  rig.driver.offer(0);
  CHECK(rig.broken_after_peek() == "a descriptor points outside RAM (2.7.5)");
}

TEST_CASE("a readable part after a writable one breaks the queue (2.7.4.2)") {
  Rig rig;
  rig.driver.write_descriptor(0, rig.buffer, 4, 3, 1);
  rig.driver.write_descriptor(1, rig.buffer, 4, 0, 0);
  rig.driver.offer(0);
  CHECK(rig.broken_after_peek() == "a readable descriptor follows a writable one (2.7.4.2)");
}

TEST_CASE("an indirect descriptor breaks a queue that did not offer them (2.7.5.3.1)") {
  Rig rig;
  rig.driver.write_descriptor(0, rig.buffer, 16, 4, 0);
  rig.driver.offer(0);
  CHECK(rig.broken_after_peek() == "a descriptor has flags that were not offered (2.7.5.3.1)");
}

TEST_CASE("a chain of more than 2^32 bytes breaks the queue (2.7.5.2)") {
  const Fd sparse = create_memfd("big", 4_GiB).value();
  GuestMemory memory;
  REQUIRE(memory.add(GuestPhys(0), Mapping::of(sparse, 4_GiB, Mapping::Access::write).value()));
  Ram ram{64_KiB};
  REQUIRE(memory.add(GuestPhys(Bytes(4_GiB).count),
                     Mapping::of(ram.fd, 64_KiB, Mapping::Access::write).value()));
  DriverQueue driver(ram, 8, true);
  QueueLayout layout = driver.layout;
  for (GuestPhys* at : {&layout.descriptors, &layout.driver, &layout.device})
    at->raw = at->raw - Ram::base + Bytes(4_GiB).count;
  Queue queue = Queue::create(memory, layout).value();
  driver.write_descriptor(0, 0, UINT32_MAX, 1, 1);
  driver.write_descriptor(1, 0, 1, 0, 0);
  driver.offer(0);
  Chain chain;
  CHECK_FALSE(queue.peek(chain));
  CHECK(queue.broken() == "a descriptor chain is longer than 2^32 (2.7.5.2)");
}

TEST_CASE("an available index beyond the queue size breaks the queue (2.7.6)") {
  Rig rig;
  rig.driver.set_available(9);
  CHECK(rig.broken_after_peek() == "the available index runs ahead of the queue size (2.7.6)");
}

TEST_CASE("without an event index, flags steer notifications (2.7.7, 2.7.10)") {
  Rig rig(false);
  const auto serve = [&] {
    rig.driver.add({{rig.buffer, 4, false}});
    REQUIRE(rig.queue->peek(rig.chain));
    rig.queue->take();
    rig.queue->put(rig.chain.head, 0);
    rig.driver.reap();
  };
  CHECK_FALSE(rig.queue->should_interrupt());  // Nothing was put.
  serve();
  CHECK(rig.queue->should_interrupt());
  CHECK_FALSE(rig.queue->should_interrupt());
  rig.driver.suppress_interrupts(true);
  serve();
  CHECK_FALSE(rig.queue->should_interrupt());
  rig.queue->disarm();
  CHECK(rig.driver.device_flags() == 1);
  CHECK_FALSE(rig.queue->arm());
  CHECK(rig.driver.device_flags() == 0);
}

TEST_CASE("with an event index, only crossing it notifies (2.7.7, 2.7.10)") {
  Rig rig;
  const auto serve = [&](int count) {
    for (; count > 0; --count) {
      rig.driver.add({{rig.buffer, 4, false}});
      REQUIRE(rig.queue->peek(rig.chain));
      rig.queue->take();
      rig.queue->put(rig.chain.head, 0);
      rig.driver.reap();
    }
  };
  rig.driver.want_interrupt_after(2);  // When the third buffer is used.
  serve(2);
  CHECK_FALSE(rig.queue->should_interrupt());
  serve(1);
  CHECK(rig.queue->should_interrupt());
  serve(1);
  CHECK_FALSE(rig.queue->should_interrupt());
  rig.driver.want_interrupt_after(5);
  serve(4);
  CHECK(rig.queue->should_interrupt());

  CHECK_FALSE(rig.queue->arm());
  bool notify = false;
  rig.driver.add({{rig.buffer, 4, false}}, &notify);
  CHECK(notify);
  rig.driver.add({{rig.buffer, 4, false}}, &notify);
  CHECK_FALSE(notify);
  CHECK(rig.queue->arm());  // They are there already.
}
