// SPDX-License-Identifier: GPL-2.0-only
// The input is a script for a guest that drives one of the virtio-mmio devices: registers in any
// order, memory of any content, chains that look like requests. Whatever happens, each turn of the
// device ends, what it says it wrote fits into what it was given, and a disk that must not change
// does not.
#include <cstdint>
#include <cstdlib>

#include <sys/socket.h>

#include "support/fake_mmio_driver.h"
#include "vmm/console.h"
#include "vmm/virtio/block/block.h"
#include "vmm/virtio/console_port.h"
#include "vmm/virtio/rng.h"
#include "vmm/virtio/vsock/sockets.h"

using namespace ktstr;
using namespace ktstr::vmm;
using D = fake::MmioDriver;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  [[nodiscard]] bool more() const { return at_ != end_; }
  std::uint8_t byte() { return more() ? *at_++ : std::uint8_t{0}; }
  std::uint64_t number() {
    const std::uint8_t first = byte();
    if (first < 0xe0) return first;
    static constexpr std::uint64_t borders[] = {0x100,       0xffff,
                                                0x10000,     0x10001,
                                                0x7fffffff,  0x80000000,
                                                512,         513,
                                                0xfffffe00,  0xffffffff,
                                                0x100000000, 0x7fffffffffffff,
                                                1024,        0xffffffffffffffff,
                                                4096,        0x8000000000000000};
    if (first < 0xf0) return borders[first & 15];
    std::uint64_t value = 0;
    for (unsigned i = 0; i < (first & 15u) % 8; ++i) value = value << 8 | byte();
    return value;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

constexpr std::size_t disk_size = 96 * 512;
constexpr std::uint64_t memory_size = 256 << 10;

const Fd& image() {
  static const Fd file = [] {
    Fd created = create_memfd("disk", {disk_size}).value();
    require(::pwrite(created.get(), "image", 5, 5000) == 5);
    return created;
  }();
  return file;
}

bool image_is_whole() {
  Buffer bytes(disk_size);
  if (::pread(image().get(), bytes.data(), bytes.size(), 0) != disk_size) return false;
  std::uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<std::uint64_t>(byte);
  return sum == 'i' + 'm' + 'a' + 'g' + 'e' && as_text(ByteView(bytes).subspan(5000, 5)) == "image";
}

struct World {
  explicit World(unsigned kind) : device(make(kind)), driver(device) { place_queues(3); }

  std::shared_ptr<virtio::Device> make(unsigned kind) {
    auto [inner, outer] = stream_pair().value();
    host = std::move(outer);
    switch (kind % 5) {
      case 0:
        return std::make_shared<virtio::Rng>();
      case 1:
        return std::make_shared<virtio::ConsolePort>(console, std::move(inner));
      case 2:
        return vsock::SocketDevice::create(
                   7, {{1000, [this](Fd stream) { host = std::move(stream); }}})
            .value();
      default:
        const auto mode = kind % 5 == 3 ? DiskMode::copy_on_write : DiskMode::read_only;
        return std::make_shared<virtio::Block>(
            virtio::Disk::open("/proc/self/fd/" + std::to_string(image().get()), mode, "/tmp")
                .value(),
            virtio::BlockOptions{.id = "disk",
                                 .bytes_per_second = (kind & 64) != 0 ? 100'000u : 0u,
                                 .operations_per_second = (kind & 128) != 0 ? 50u : 0u});
    }
  }

  /// New rings, of 2^shift entries; what was offered before is forgotten.
  void place_queues(unsigned shift) {
    driver.ram.top = 0;
    driver.queues.clear();
    for (std::size_t i = 0; i < driver.mmio->queue_count(); ++i)
      driver.queues.emplace_back(driver.ram, static_cast<std::uint16_t>(1u << shift), true);
    heap = driver.ram.top;
    room.assign(driver.queues.size(), std::vector<std::uint64_t>(1u << shift));
  }

  Console console{64_KiB};
  Fd host;
  std::shared_ptr<virtio::Device> device;
  D driver;
  std::size_t heap = 0;
  std::vector<std::vector<std::uint64_t>> room;  // Writable bytes of a chain, by queue and head.
  Nanos now = 1s;
};

void start(World& world, Script& script) {
  D& driver = world.driver;
  driver.negotiate(driver.offered() & ~(script.number() << 5));
  world.place_queues(script.byte() & 7);
  for (std::uint32_t i = 0; i < driver.queues.size(); ++i)
    driver.set_up(i, driver.queues[i].layout);
  driver.go();
}

/// A chain whose readable part begins with bytes of the script: a request, perhaps.
void offer(World& world, Script& script) {
  D& driver = world.driver;
  const std::size_t index = script.byte() % driver.queues.size();
  const std::uint8_t shape = script.byte();
  std::uint64_t at = fake::Ram::base + world.heap + script.number() % 4096;
  std::vector<fake::Part> parts;
  std::uint64_t writable = 0;
  for (unsigned i = 0; i < (shape & 3u) + 1; ++i) {
    const auto size = static_cast<std::uint32_t>(script.number() % 40'000);
    const bool to_us = (shape >> 2 & 3) <= i;
    if (!to_us)
      for (std::byte& byte : driver.ram.at(at, std::min(size, 48u)))
        byte = static_cast<std::byte>(script.byte());
    writable += to_us ? size : 0;
    parts.push_back({at, size, to_us});
    at += size;
  }
  if (at > fake::Ram::base + memory_size) return;
  if (const auto head = driver.queues[index].add(parts)) world.room[index][*head] = writable;
}

void work(World& world, Script& script) {
  D& driver = world.driver;
  world.now += Nanos(script.number() % 1'000'000'000);
  for (int turns = 0; turns < 40; ++turns) {
    const Result<virtio::Turn> turn = driver.mmio->take_turn(world.now);
    require(turn.has_value());
    require(driver.mmio->broken().empty() || !turn->progress || !turn->more);
    if (!turn->more) break;
  }
  for (std::uint8_t i = 0; i < 8; ++i) (void)driver.interrupted();
}

/// With its rings as the driver left them, what was used is what was offered.
void reap(World& world) {
  for (std::size_t i = 0; i < world.driver.queues.size(); ++i)
    while (const auto used = world.driver.queues[i].reap())
      require(used->written <= world.room[i][used->head]);
}

void step(World& world, Script& script, bool& honest) {
  D& driver = world.driver;
  const std::uint8_t what = script.byte();
  switch (what % 10) {
    case 0:
      honest = false;
      driver.set(std::uint64_t{script.byte()} * 4, static_cast<std::uint32_t>(script.number()));
      break;
    case 1: {
      honest = false;
      const std::uint64_t at = script.number();
      driver.mmio->write(at, 1u << (what >> 5), script.number());
      break;
    }
    case 2:
      driver.mmio->read(script.number(), 1u << (what >> 5));
      break;
    case 3:
      start(world, script);
      honest = true;
      break;
    case 4: {
      honest = false;
      const std::size_t at = script.number() % (memory_size - 256);
      for (std::byte& byte : driver.ram.at(fake::Ram::base + at, what / 10u))
        byte = static_cast<std::byte>(script.byte());
      break;
    }
    case 5:
    case 6:
    case 7:
      if (honest) offer(world, script);
      break;
    case 8: {
      [[maybe_unused]] const auto sent =
          ::send(world.host.get(), "hello guest", what / 25u, MSG_DONTWAIT | MSG_NOSIGNAL);
      world.device->dispatch();
      break;
    }
    default:
      work(world, script);
      if (honest) reap(world);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(data, size);
  World world(script.byte());
  bool honest = false;  // The rings are the driver's own work.
  for (int steps = 0; script.more() && steps < 500; ++steps) step(world, script, honest);
  work(world, script);
  require(image_is_whole());
  return 0;
}
