// SPDX-License-Identifier: GPL-2.0-only
// The QMP client against a scripted peer on the other end of a socket pair.
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "vmm/qemu/qmp.h"

using namespace ktstr;
using vmm::qemu::Event;
using vmm::qemu::Qmp;

namespace {

constexpr std::string_view greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}}, "capabilities": []}})"
    "\r\n";

/// A client whose reading thread runs, and the peer's end.
class Talk {
 public:
  Talk() : Talk(stream_pair().value()) {}
  ~Talk() {
    peer_.reset();
    reader_.join();
  }

  Qmp& client() { return client_; }
  void say(std::string_view text) { REQUIRE(write_all(peer_, as_bytes(text), "peer")); }
  void hang_up() { peer_.reset(); }
  /// The client's next command line.
  std::string hear() {
    std::string line;
    char c = 0;
    while (::read(peer_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  std::vector<Event> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  /// Waits until the reader has found the connection to be over.
  void wait_for_end() { over_.get_future().wait(); }

 private:
  explicit Talk(std::pair<Fd, Fd> ends)
      : peer_(std::move(ends.first)),
        client_(std::move(ends.second),
                [this](const Event& event) {
                  const std::lock_guard lock(mutex_);
                  events_.push_back(event);
                }),
        reader_([this] { read(); }) {}

  void read() {
    do {
      pollfd ready{client_.socket().get(), POLLIN, 0};
      ::poll(&ready, 1, -1);
    } while (client_.receive());
    over_.set_value();
  }

  Fd peer_;
  std::mutex mutex_;
  std::vector<Event> events_;
  std::promise<void> over_;
  Qmp client_;
  std::thread reader_;
};

}  // namespace

TEST_CASE("greeting, command mode, a command, its reply") {
  Talk talk;
  talk.say(greeting);
  auto handshake = std::async(std::launch::async, [&] { return talk.client().handshake(5s); });
  CHECK(talk.hear() == R"({"execute":"qmp_capabilities","id":1})");
  talk.say("{\"return\": {}, \"id\": 1}\r\n");
  CHECK(handshake.get());

  auto threads = std::async(std::launch::async, [&] { return talk.client().vcpu_threads(5s); });
  CHECK(talk.hear() == R"({"execute":"query-cpus-fast","id":2})");
  talk.say(R"({"return": [{"cpu-index": 1, "thread-id": 78, "target": "x86_64"},)");
  talk.say(R"( {"cpu-index": 0, "thread-id": 77}], "id": 2})"
           "\n");
  const Result<std::vector<pid_t>> list = threads.get();
  REQUIRE(list);
  CHECK(*list == std::vector<pid_t>{77, 78});
}

TEST_CASE("a refusal is an error with the emulator's words") {
  Talk talk;
  auto call = std::async(std::launch::async, [&] { return talk.client().halt(5s); });
  talk.hear();
  talk.say(R"({"error": {"class": "GenericError", "desc": "not now"}, "id": 1})"
           "\n");
  const Status status = call.get();
  REQUIRE_FALSE(status);
  CHECK(status.error().what == "emulator refused stop: GenericError: not now");
}

TEST_CASE("events arrive whenever they like") {
  Talk talk;
  talk.say(R"({"timestamp": {"seconds": 1}, "event": "RESUME"})"
           "\n");
  auto call = std::async(std::launch::async, [&] { return talk.client().proceed(5s); });
  talk.hear();
  talk.say(R"({"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}})"
           "\n"
           R"({"return": {}, "id": 1})"
           "\n");
  CHECK(call.get());
  CHECK(talk.events() == std::vector<Event>{{"RESUME", ""}, {"SHUTDOWN", "guest-reset"}});
}

TEST_CASE("a reply that comes too late is not taken for another's") {
  Talk talk;
  const Status late = talk.client().halt(20ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ETIMEDOUT);
  talk.hear();
  auto call = std::async(std::launch::async, [&] { return talk.client().proceed(5s); });
  CHECK(talk.hear() == R"({"execute":"cont","id":2})");
  talk.say(R"({"return": {}, "id": 1})"
           "\n"
           R"({"error": {"class": "A", "desc": "b"}, "id": 2})"
           "\n");
  CHECK_FALSE(call.get());
}

TEST_CASE("no greeting is an error in time") {
  Talk talk;
  const Nanos start = monotonic_now();
  const Status status = talk.client().handshake(50ms);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ETIMEDOUT);
  CHECK(monotonic_now() - start < 5s);
}

TEST_CASE("a breach of the protocol ends the connection and all who wait") {
  const std::vector<std::string> breaches = {
      "not json\n",
      "[1, 2]\n",
      "{\"return\": \"\xff\xfe\"}\n",
      std::string(200'000, '[') + "\n",
      std::string(Qmp::longest_message.count + 100, 'x'),  // A line without an end.
  };
  for (const std::string& breach : breaches) {
    Talk talk;
    auto call = std::async(std::launch::async, [&] { return talk.client().halt(10s); });
    talk.hear();
    talk.say(breach);
    talk.wait_for_end();
    const Status status = call.get();
    REQUIRE_FALSE(status);
    CHECK(status.error().code == 0);
    CHECK_FALSE(talk.client().proceed(10s));
  }
}

TEST_CASE("a peer that hangs up ends the wait") {
  Talk talk;
  auto call = std::async(std::launch::async, [&] { return talk.client().halt(10s); });
  talk.hear();
  talk.hang_up();
  const Status status = call.get();
  REQUIRE_FALSE(status);
  CHECK(status.error().what == "emulator's control connection, stop: the emulator closed it");
}

TEST_CASE("replies of another form than expected are errors") {
  for (const char* value :
       {"7", "[]", "[3]", R"([{"cpu-index": 5, "thread-id": 1}])",
        R"([{"cpu-index": -1, "thread-id": 1}])", R"([{"cpu-index": 0, "thread-id": "x"}])"}) {
    Talk talk;
    auto call = std::async(std::launch::async, [&] { return talk.client().vcpu_threads(5s); });
    talk.hear();
    talk.say(R"({"event": 5, "data": [1]})"
             "\n"
             R"({"id": "1"})"
             "\n"
             R"({"return": )" +
             std::string(value) + ", \"id\": 1}\n");
    CHECK_FALSE(call.get());
  }
}
