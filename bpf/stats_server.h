// SPDX-License-Identifier: GPL-2.0-only
// A scheduler's statistics over a Unix socket, as scx_stats defines it: a client writes a line
// {"req":"stats","args":{"target":"top"}} (args may be absent) and reads a line
// {"errno":0,"args":{"resp":{…}}}; "stats_meta" describes the fields. What cannot be answered has
// errno EINVAL and the reason as resp. One thread, no waiting: the owner polls.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

namespace ktstr::bpf {

struct Statistic {
  std::string_view name;
  std::string_view about;
  std::uint64_t value = 0;
};

using ReadStatistics = std::function<std::vector<Statistic>()>;

/// The answer to one line, without line ends. `scheduler` names the struct in stats_meta.
std::string answer(std::string_view request, std::string_view scheduler,
                   const ReadStatistics& read);

class StatsServer {
 public:
  static constexpr std::size_t most_clients = 8;
  static constexpr std::size_t longest_request = 4096;

  StatsServer(std::string scheduler, ReadStatistics read)
      : scheduler_(std::move(scheduler)), read_(std::move(read)) {}
  StatsServer(const StatsServer&) = delete;
  StatsServer& operator=(const StatsServer&) = delete;
  /// Closes everything, and removes the socket's file.
  ~StatsServer();

  /// Makes the folders above `path` and listens there, in place of a socket that is there already.
  /// Empty, or what failed.
  std::string listen(const std::string& path);
  /// Serves a connected socket, and owns it. One too many is closed.
  void adopt(int client);

  /// What to poll for; then `serve` with the same, polled.
  std::vector<pollfd> polls() const;
  void serve(const std::vector<pollfd>& polled);

 private:
  struct Client {
    int fd;
    std::string received;
  };
  bool serve_client(Client& client);

  std::string scheduler_;
  ReadStatistics read_;
  std::string path_;
  int listener_ = -1;
  std::vector<Client> clients_;
};

}  // namespace ktstr::bpf
