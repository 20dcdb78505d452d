// SPDX-License-Identifier: GPL-2.0-only
// The statistics of a fixture scheduler over its socket.
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <unistd.h>

#include "bpf/stats_server.h"

namespace ktstr::bpf {
namespace {

using nlohmann::json;

std::vector<Statistic> two() {
  return {{"enqueued", "put on a queue", 18'446'744'073'709'551'615ULL}, {"stolen", "taken", 3}};
}

json asked(std::string_view request) {
  const std::string line = answer(request, "scx_x", two);
  CHECK(line.find('\n') == std::string::npos);
  return json::parse(line);
}

/// A socketpair of which the server owns one end.
struct Pair {
  explicit Pair(StatsServer& server) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    server.adopt(ends[0]);
    client = ends[1];
  }
  ~Pair() { close(client); }

  void send(std::string_view text) const {
    REQUIRE(write(client, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  /// What has arrived; empty if nothing has, "closed" if nothing ever will.
  std::string received() const {
    char buffer[65536];
    const ssize_t got = recv(client, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return "closed";
    return std::string(buffer, static_cast<std::size_t>(got < 0 ? 0 : got));
  }

  int client = -1;
};

void serve(StatsServer& server) {
  std::vector<pollfd> polled = server.polls();
  poll(polled.data(), polled.size(), 0);
  server.serve(polled);
}

TEST_CASE("the statistics are asked for by name, or by none") {
  const json expected = {
      {"errno", 0},
      {"args", {{"resp", {{"enqueued", 18'446'744'073'709'551'615ULL}, {"stolen", 3}}}}}};
  CHECK(asked(R"({"req":"stats","args":{"target":"top"}})") == expected);
  CHECK(asked(R"({"req":"stats","args":{}})") == expected);
  CHECK(asked(R"({"req":"stats"})") == expected);
}

TEST_CASE("the fields are described") {
  const json meta = asked(R"({"req":"stats_meta"})")["args"]["resp"]["scx_x"];
  CHECK(meta["name"] == "scx_x");
  CHECK(meta["top"] == "true");
  CHECK(meta["fields"]["stolen"] == json{{"datum", "u64"}, {"desc", "taken"}});
}

TEST_CASE("what cannot be answered is refused with a reason") {
  for (const char* wrong :
       {"", "{", "[]", "7", R"({"args":{}})", R"({"req":7})", R"({"req":"stat"})",
        R"({"req":"stats","args":[]})", R"({"req":"stats","args":{"target":"layers"}})",
        R"({"req":"stats","args":{"target":1}})", "{\"req\":\"\xff\"}"}) {
    INFO(wrong);
    const json refused = asked(wrong);
    CHECK(refused["errno"] == EINVAL);
    CHECK(refused["args"]["resp"].is_string());
  }
}

TEST_CASE("a connection carries requests, in pieces or several at once") {
  StatsServer server("scx_x", two);
  const Pair pair(server);
  pair.send(R"({"req":)");
  serve(server);
  CHECK(pair.received().empty());
  pair.send("\"stats\"}\n{\"req\":\"stats_meta\"}\n{");
  serve(server);
  const std::string both = pair.received();
  const std::size_t end = both.find('\n');
  REQUIRE(end != std::string::npos);
  CHECK(json::parse(both.substr(0, end))["args"]["resp"]["stolen"] == 3);
  CHECK(json::parse(both.substr(end + 1))["args"]["resp"].contains("scx_x"));
  CHECK(both.ends_with("\n"));
}

TEST_CASE("a client that floods, or one too many, is dropped") {
  StatsServer server("scx_x", two);
  const Pair flood(server);
  const std::string much(StatsServer::longest_request / 2, 'x');
  for (int i = 0; i < 3; ++i) flood.send(much);
  for (int i = 0; i < 16; ++i) serve(server);
  CHECK(flood.received() == "closed");
  CHECK(server.polls().empty());

  std::vector<std::unique_ptr<Pair>> most;
  for (std::size_t i = 0; i < StatsServer::most_clients; ++i)
    most.push_back(std::make_unique<Pair>(server));
  const Pair last(server);
  CHECK(last.received() == "closed");
  most.front()->send("{\"req\":\"stats\"}\n");
  serve(server);
  CHECK(most.front()->received().starts_with("{"));
}

TEST_CASE("it listens on a socket that it makes and removes") {
  std::string folder = (std::filesystem::temp_directory_path() / "ktstr-stats-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  const std::string path = folder + "/scx/root/stats";
  {
    StatsServer server("scx_x", two);
    REQUIRE(server.listen(path).empty());
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::copy(path.begin(), path.end(), address.sun_path);
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    serve(server);
    CHECK(server.polls().size() == 2);
    StatsServer second("scx_x", two);
    CHECK(second.listen(path).empty());
    close(client);
  }
  CHECK(!std::filesystem::exists(path));
  CHECK(!StatsServer("scx_x", two).listen("/proc/no/such/place").empty());
  CHECK(!StatsServer("scx_x", two).listen(folder + "/" + std::string(120, 'x')).empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ktstr::bpf
