// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <random>

#include "wire/crc32c.h"
#include "wire/frame.h"

namespace {

using namespace ktstr;
using namespace ktstr::wire;

std::vector<Message> one_of_each() {
  ir::Program program;
  program.seed = 7;
  program.steps.push_back({.name = "one", .cgroups = {}, .ops = {ir::Sleep{5ms}}, .hold = 2s});
  ir::Sample sample{.at = 9s, .phase = 1, .workers = {{3, {{0, 17}, {2, -1}}, {0, 5}}}};
  ir::WorkerReport report;
  report.info.cgroup = "a";
  report.slices.push_back({.worker = 3, .phase = 0, .lived = 1s});
  report.slices[0].histograms.push_back({11, {2, 30, 10, 20, {10, 20}, {1, 1}}});
  return {Hello{1, "7.3", {}, 5ns},
          Run{program},
          Stop{},
          Ping{3s},
          Pong{3s, 4s},
          Log{LogStream::init, "x"},
          PhaseChange{{.index = 1, .name = "one"}},
          sample,
          report,
          ir::OpDone{.name = "mark"},
          ir::CpusetInForce{"a", 1s, {1, 2}},
          ir::Move{1, "b", 2s},
          ir::SchedulerState{.start = 1, .ops = "fifo", .at = 2s},
          ir::SchedulerLine{1, "hello"},
          ir::SchedulerSample{.start = 1, .events = {{"keep_last", 4}}},
          ir::PayloadRun{.run = 1, .payload = "fio", .end = ir::PayloadEnd::exited},
          ir::PayloadOutput{1, true, "hello"},
          Done{"no", 4},
          DoneSeen{}};
}

Buffer stream_of(const std::vector<Message>& messages) {
  Buffer out;
  std::uint32_t sequence = 0;
  for (const Message& message : messages) {
    const Buffer frame = make_frame(message, sequence++).value();
    out.insert(out.end(), frame.begin(), frame.end());
  }
  return out;
}

/// What reading `bytes` fails with; empty when it does not.
std::string complaint(const Buffer& bytes) {
  FrameReader reader;
  reader.push(bytes);
  while (true) {
    const auto next = reader.next();
    if (!next) {
      CHECK(next.error().code == EBADMSG);
      return next.error().what;
    }
    if (!*next) return {};
  }
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("crc32c gives the published values") {
  CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
  CHECK(crc32c(Buffer(32)) == 0x8A9136AA);  // RFC 3720, B.4: 32 bytes of zeros
  CHECK(crc32c({}) == 0);
  const std::string text = "a sum may be continued at any byte";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(crc32c(as_bytes(text).subspan(cut), crc32c(as_bytes(text).first(cut))) ==
          crc32c(as_bytes(text)));
}

TEST_CASE("every message comes back as it was, however the bytes are cut") {
  const std::vector<Message> messages = one_of_each();
  REQUIRE(messages.size() == std::variant_size_v<Message>);
  for (std::size_t i = 0; i < messages.size(); ++i) REQUIRE(messages[i].index() == i);
  const Buffer bytes = stream_of(messages);
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    FrameReader reader;
    std::vector<Message> back;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(bytes.size() - at, 1 + random() % 40);
      reader.push(ByteView(bytes).subspan(at, size));
      at += size;
      while (auto next = reader.next().value()) back.push_back(*std::move(next));
    }
    REQUIRE(back == messages);
    REQUIRE(reader.waiting() == 0);
  }
}

TEST_CASE("a stream cut short gives the whole messages before and no error") {
  const Buffer bytes = stream_of({Ping{1s}, Ping{2s}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(complaint(Buffer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)))
              .empty());
}

TEST_CASE("no changed bit goes unnoticed") {
  const Buffer bytes = stream_of({Done{"an error", 3}, Ping{1s}});
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Buffer changed = bytes;
    changed[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    FrameReader reader;
    reader.push(changed);
    std::size_t good = 0;
    while (true) {
      const auto next = reader.next();
      if (!next || !*next) break;
      ++good;
    }
    CHECK(good < 2);
  }
}

TEST_CASE("each kind of corruption is told") {
  const Buffer good = make_frame(Ping{1s}, 0).value();
  const auto with = [&](std::size_t at, std::uint32_t value) {
    Buffer out = good;
    store_le(ByteSpan(out), at, value);
    return complaint(out);
  };
  CHECK(has(with(0, 0x12345678), "bad magic"));
  CHECK(has(with(4, 99), "unknown type 99"));
  CHECK(has(with(8, 0xFFFFFFFF), "length"));
  CHECK(has(with(16, 1), "checksum"));
  CHECK(has(complaint(make_frame(Ping{1s}, 1).value()), "sequence 1 where 0"));
  // A valid frame around a payload that is not one.
  Buffer bad = make_frame(DoneSeen{}, 0).value();
  bad.push_back(std::byte{1});
  store_le(ByteSpan(bad), 8, std::uint32_t{1});
  store_le(ByteSpan(bad), 16,
           crc32c(ByteView(bad).subspan(header_size), crc32c(ByteView(bad).first(16))));
  CHECK(has(complaint(bad), "bad payload"));
}

TEST_CASE("after a malformed frame nothing is read any more") {
  FrameReader reader;
  reader.push(Buffer(header_size));
  const Error first = reader.next().error();
  reader.push(make_frame(Ping{1s}, 0).value());
  CHECK(reader.next().error() == first);
}

TEST_CASE("noise is never a message and never harms") {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    Buffer noise(random() % 200);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    if (noise.size() >= 4 && round % 2 == 0) store_le(ByteSpan(noise), 0, frame_magic);
    FrameReader reader;
    reader.push(noise);
    const auto next = reader.next();
    CHECK((!next || !*next));
  }
}

TEST_CASE("a message larger than a frame is refused with what to do") {
  Run run;
  run.program.steps.resize(1);
  run.program.steps[0].name.assign(most_payload, 'x');
  const auto frame = make_frame(run, 0);
  REQUIRE(!frame);
  CHECK(frame.error().code == EMSGSIZE);
  CHECK(has(frame.error().what, "`run`"));
  CHECK(has(frame.error().hint, "1 MiB"));
}

}  // namespace
