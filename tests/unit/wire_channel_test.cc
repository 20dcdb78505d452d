// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cerrno>

#include <sys/socket.h>

#include "wire/channel.h"
#include "wire/clock.h"

namespace {

using namespace ktstr;
using namespace ktstr::wire;

struct Pair {
  Channel guest;
  Channel host;
};

Pair make_pair(Channel::Limits limits) {
  auto ends = stream_pair().value();
  const int small = 4096;
  REQUIRE(::setsockopt(ends.first.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
  return {Channel::over(std::move(ends.first), limits).value(),
          Channel::over(std::move(ends.second)).value()};
}

ir::Sample sample_of(std::size_t workers) {
  ir::Sample sample;
  sample.workers.resize(workers);
  return sample;
}

TEST_CASE("messages cross a socket in order, and nothing blocks") {
  Pair pair = make_pair({});
  CHECK(!pair.host.receive().value());
  REQUIRE(pair.guest.send(Ping{1s}));
  REQUIRE(pair.guest.send(Log{LogStream::init, "hello"}));
  CHECK(pair.host.receive().value() == Message(Ping{1s}));
  CHECK(pair.host.receive().value() == Message(Log{LogStream::init, "hello"}));
  CHECK(!pair.host.receive().value());
}

TEST_CASE("a peer that does not read costs samples, never other messages") {
  Pair pair = make_pair({.samples = 64_KiB});
  constexpr int sent = 200;
  for (int i = 0; i < sent; ++i) {
    REQUIRE(pair.guest.send(sample_of(1000)));
    REQUIRE(pair.guest.send(PhaseChange{{.index = static_cast<std::uint32_t>(i)}}));
  }
  CHECK(pair.guest.wants_write());
  REQUIRE(pair.guest.samples_lost() > 0);
  std::uint64_t samples = 0;
  std::uint32_t phases = 0;
  while (true) {
    const auto message = pair.host.receive().value();
    if (message) {
      if (const auto* phase = std::get_if<PhaseChange>(&*message))
        CHECK(phase->phase.index == phases++);
      else
        ++samples;
    } else if (pair.guest.wants_write()) {
      REQUIRE(pair.guest.flush());
    } else {
      break;
    }
  }
  CHECK(phases == sent);
  CHECK(samples + pair.guest.samples_lost() == sent);
}

TEST_CASE("what is kept for a peer that never reads is bounded") {
  Pair pair = make_pair({.outgoing = 256_KiB});
  const Log line{LogStream::kernel, std::string(10'000, 'x')};
  int sent = 0;
  Status status;
  while ((status = pair.guest.send(line)) && sent < 1000) ++sent;
  REQUIRE(!status);
  CHECK(status.error().code == ENOBUFS);
}

TEST_CASE("what is received is bounded") {
  auto ends = stream_pair().value();
  Channel guest = Channel::over(std::move(ends.first)).value();
  Channel host = Channel::over(std::move(ends.second), {.incoming = 64_KiB}).value();
  for (int i = 0; i < 20; ++i) REQUIRE(guest.send(Log{LogStream::kernel, std::string(8'000, 'x')}));
  Result<std::optional<Message>> got;
  while ((got = host.receive()) && *got) {
  }
  REQUIRE(!got);
  CHECK(got.error().code == EFBIG);
}

TEST_CASE("the end of the stream is told from a broken frame") {
  auto ends = stream_pair().value();
  Channel host = Channel::over(std::move(ends.second)).value();
  const Buffer frame = make_frame(Ping{1s}, 0).value();
  SECTION("between frames") {
    REQUIRE(write_all(ends.first, frame, "socket"));
    ends.first.reset();
    CHECK(host.receive().value() == Message(Ping{1s}));
    const auto got = host.receive();
    REQUIRE(!got);
    CHECK(got.error().code == ECONNRESET);
    CHECK(host.ended());
  }
  SECTION("within one") {
    REQUIRE(write_all(ends.first, ByteView(frame).first(frame.size() - 1), "socket"));
    ends.first.reset();
    const auto got = host.receive();
    REQUIRE(!got);
    CHECK(got.error().code == EBADMSG);
    CHECK(host.ended());
  }
}

TEST_CASE("sending to a closed peer is an error, not a signal") {
  Pair pair = make_pair({});
  pair.host = Channel::over(std::move(stream_pair().value().first)).value();
  const Status status = pair.guest.send(Ping{1s});
  REQUIRE(!status);
  CHECK(status.error().code == EPIPE);
}

TEST_CASE("the clock's offset is known to half the round trip, and the best answer counts") {
  ClockMap map;
  CHECK(!map.best());
  map.add({.host = 10s, .guest = 110s + 2ms}, 10s + 4ms);
  CHECK(map.best() == ir::ClockOffset{100s, 2ms});
  map.add({.host = 11s, .guest = 111s}, 11s + 1s);
  CHECK(map.best() == ir::ClockOffset{100s, 2ms});
  map.add({.host = 12s, .guest = 112s + 1ms}, 12s + 2ms);
  CHECK(map.best() == ir::ClockOffset{100s, 1ms});
  CHECK(map.best()->to_host(150s) == 50s);
  CHECK(map.best()->to_guest(50s) == 150s);
  map.add({.host = 99s, .guest = 1s}, 98s);
  CHECK(map.best() == ir::ClockOffset{100s, 1ms});
  for (int i = 0; i < 16; ++i) map.add({.host = 20s, .guest = 121s + 5ms}, 20s + 10ms);
  CHECK(map.best() == ir::ClockOffset{101s, 5ms});
}

}  // namespace
