// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scx_stats.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/json_numbers.h"

namespace ktstr::guest {
namespace {

Fd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out ||
      ::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  return out;
}

}  // namespace

std::vector<ir::NamedNumber> parse_stats_answer(std::string_view line) {
  const auto numbers = json_numbers(line);
  std::vector<ir::NamedNumber> out;
  if (!numbers) return out;
  constexpr std::string_view prefix = "args.resp.";
  for (const auto& [path, value] : *numbers) {
    if (path == "errno" && value != 0) return {};
    if (path.starts_with(prefix)) out.push_back({path.substr(prefix.size()), value});
  }
  return out;
}

void ScxStats::ask(const std::string& path) {
  if (outstanding_) return;
  if (!socket_) {
    socket_ = connect_to(path);
    if (!socket_) return;
    if (!loop_.watch(socket_.get(), [this] { serve(); })) return socket_.reset();
  }
  constexpr std::string_view question = "{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n";
  const ssize_t sent = ::send(socket_.get(), question.data(), question.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(question.size())) return close();
  outstanding_ = true;
}

void ScxStats::serve() {
  std::array<char, 16 * 1024> part;
  const ssize_t got = ::recv(socket_.get(), part.data(), part.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || answer_.size() + static_cast<std::size_t>(got) > longest_answer) return close();
  answer_.append(part.data(), static_cast<std::size_t>(got));
  const std::size_t end = answer_.find('\n');
  if (end == std::string::npos) return;
  told_ = parse_stats_answer(std::string_view(answer_).substr(0, end));
  answer_.clear();
  outstanding_ = false;
}

void ScxStats::close() {
  if (socket_) loop_.unwatch(socket_.get());
  socket_.reset();
  answer_.clear();
  outstanding_ = false;
}

}  // namespace ktstr::guest
