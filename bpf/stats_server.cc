// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/stats_server.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <unistd.h>

namespace ktstr::bpf {
namespace {

using nlohmann::json;

std::string reply(int error, json what) {
  const json out = {{"errno", error}, {"args", {{"resp", std::move(what)}}}};
  // Text of a client's may be echoed: what is not UTF-8 in it is replaced.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

json meta(std::string_view scheduler, const std::vector<Statistic>& statistics) {
  json fields = json::object();
  for (const Statistic& one : statistics)
    fields[std::string(one.name)] = {{"datum", "u64"}, {"desc", one.about}};
  return {{std::string(scheduler),
           {{"name", scheduler}, {"top", "true"}, {"fields", std::move(fields)}}}};
}

}  // namespace

std::string answer(std::string_view request, std::string_view scheduler,
                   const ReadStatistics& read) {
  const json asked = json::parse(request, nullptr, false);
  if (!asked.is_object() || !asked.contains("req") || !asked["req"].is_string())
    return reply(EINVAL, "not a request: an object with a text `req` is");
  const json arguments = asked.value("args", json::object());
  if (!arguments.is_object()) return reply(EINVAL, "`args` is not an object");
  if (asked["req"] == "stats_meta") return reply(0, meta(scheduler, read()));
  if (asked["req"] != "stats") return reply(EINVAL, "unknown command " + asked["req"].dump());
  if (arguments.contains("target") && arguments["target"] != "top")
    return reply(EINVAL, "unknown stat target " + arguments["target"].dump());
  json values = json::object();
  for (const Statistic& one : read()) values[std::string(one.name)] = one.value;
  return reply(0, std::move(values));
}

StatsServer::~StatsServer() {
  for (const Client& client : clients_) close(client.fd);
  if (listener_ < 0) return;
  close(listener_);
  unlink(path_.c_str());
}

std::string StatsServer::listen(const std::string& path) {
  const auto failed = [&] { return path + ": " + std::strerror(errno); };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return path + ": too long for a socket";
  std::copy(path.begin(), path.end(), address.sun_path);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return path + ": " + error.message();
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed();
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd, most_clients) != 0) {
    const std::string what = failed();
    close(fd);
    return what;
  }
  listener_ = fd;
  path_ = path;
  return {};
}

void StatsServer::adopt(int client) {
  if (clients_.size() < most_clients)
    clients_.push_back({client, {}});
  else
    close(client);
}

std::vector<pollfd> StatsServer::polls() const {
  std::vector<pollfd> out;
  if (listener_ >= 0) out.push_back({listener_, POLLIN, 0});
  for (const Client& client : clients_) out.push_back({client.fd, POLLIN, 0});
  return out;
}

void StatsServer::serve(const std::vector<pollfd>& polled) {
  for (const pollfd& one : polled) {
    if (one.revents == 0) continue;
    if (one.fd == listener_) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (client >= 0) adopt(client);
      continue;
    }
    const auto client = std::ranges::find(clients_, one.fd, &Client::fd);
    if (client == clients_.end() || serve_client(*client)) continue;
    close(client->fd);
    clients_.erase(client);
  }
}

/// False when it is to be dropped: it left, sent too much, or does not read.
bool StatsServer::serve_client(Client& client) {
  char buffer[1024];
  const ssize_t got = recv(client.fd, buffer, sizeof(buffer), MSG_DONTWAIT);
  if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
  client.received.append(buffer, static_cast<std::size_t>(got));
  for (std::size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    const std::string out =
        answer(std::string_view(client.received).substr(0, end), scheduler_, read_) + "\n";
    client.received.erase(0, end + 1);
    if (send(client.fd, out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
        static_cast<ssize_t>(out.size()))
      return false;
  }
  return client.received.size() <= longest_request;
}

}  // namespace ktstr::bpf
