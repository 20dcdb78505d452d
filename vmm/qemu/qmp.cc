// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/qmp.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include <sys/socket.h>

namespace ktstr::vmm::qemu {
namespace {

using Json = nlohmann::json;

/// A member's text; empty when it is not there or not text.
std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Qmp::Qmp(Fd socket, std::function<void(const Event&)> on_event)
    : socket_(std::move(socket)), on_event_(std::move(on_event)) {}

bool Qmp::receive() {
  while (true) {
    char chunk[16384];
    const ssize_t got = ::recv(socket_.get(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return end("the emulator closed it");
    unread_.append(chunk, static_cast<std::size_t>(got));
    std::size_t start = 0;
    for (std::size_t stop; (stop = unread_.find('\n', start)) != std::string::npos;
         start = stop + 1)
      if (!handle(unread_.substr(start, stop - start))) return false;
    unread_.erase(0, start);
    if (unread_.size() > longest_message.count) return end("a message is too long");
  }
}

bool Qmp::handle(const std::string& line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) return true;
  const Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return end("a message is not a JSON object");

  if (message.contains("event")) {
    const Json data = message.value("data", Json::object());
    Event event{text_of(message, "event"), {}};
    if (data.is_object()) event.reason = text_of(data, "reason");
    on_event_(event);
    return true;
  }
  const std::lock_guard lock(mutex_);
  if (message.contains("QMP")) {
    greeted_ = true;
  } else if (const auto id = message.find("id"); id != message.end() && id->is_number_unsigned()) {
    const auto waiting = waiting_.find(id->get<std::uint64_t>());
    if (waiting == waiting_.end()) return true;  // Its caller has given up.
    waiting->second.done = true;
    if (const auto error = message.find("error"); error != message.end() && error->is_object())
      waiting->second.error = text_of(*error, "class") + ": " + text_of(*error, "desc");
    else
      waiting->second.value = message.value("return", Json()).dump();
  }
  changed_.notify_all();
  return true;
}

bool Qmp::end(std::string why) {
  const std::lock_guard lock(mutex_);
  if (ended_.empty()) ended_ = std::move(why);
  changed_.notify_all();
  return false;
}

Status Qmp::wait(std::unique_lock<std::mutex>& lock, Nanos timeout, const std::string& what,
                 const std::function<bool()>& arrived) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  changed_.wait_until(lock, until, [&] { return arrived() || !ended_.empty(); });
  if (arrived()) return {};
  if (!ended_.empty()) return fail("emulator's control connection, " + what + ": " + ended_);
  return fail_code(ETIMEDOUT, "emulator's control connection, " + what);
}

Status Qmp::handshake(Nanos timeout) {
  {
    std::unique_lock lock(mutex_);
    TRY(wait(lock, timeout, "greeting", [&] { return greeted_; }));
  }
  TRY(execute("qmp_capabilities", timeout));
  return {};
}

Result<std::string> Qmp::execute(const std::string& command, Nanos timeout) {
  std::unique_lock lock(mutex_);
  if (!ended_.empty()) return fail("emulator's control connection, " + command + ": " + ended_);
  const std::uint64_t id = next_id_++;
  const std::string line = Json{{"execute", command}, {"id", id}}.dump() + "\n";
  // A command is far smaller than a socket's buffer: one that does not fit finds nobody reading.
  const ssize_t sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(line.size()))
    return fail_errno("emulator's control connection, " + command);
  waiting_.emplace(id, Reply{});
  const Status waited = wait(lock, timeout, command, [&] { return waiting_[id].done; });
  const Reply reply = std::move(waiting_[id]);
  waiting_.erase(id);
  if (!waited) return tl::unexpected(waited.error());
  if (!reply.error.empty()) return fail("emulator refused " + command + ": " + reply.error);
  return reply.value;
}

Status Qmp::halt(Nanos timeout) {
  TRY(execute("stop", timeout));
  return {};
}

Status Qmp::proceed(Nanos timeout) {
  TRY(execute("cont", timeout));
  return {};
}

Result<std::vector<pid_t>> Qmp::vcpu_threads(Nanos timeout) {
  const std::string text = TRY(execute("query-cpus-fast", timeout));
  const Json reply = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<pid_t> threads(reply.is_array() ? reply.size() : 0);
  for (const Json& cpu : reply) {
    const auto index = cpu.is_object() ? cpu.find("cpu-index") : cpu.end();
    const auto thread = cpu.is_object() ? cpu.find("thread-id") : cpu.end();
    if (index == cpu.end() || thread == cpu.end() || !index->is_number_unsigned() ||
        !thread->is_number_unsigned() || index->get<std::size_t>() >= threads.size())
      return fail("emulator's control connection, query-cpus-fast: the reply has another form");
    threads[index->get<std::size_t>()] = thread->get<pid_t>();
  }
  if (threads.empty())
    return fail("emulator's control connection, query-cpus-fast: the reply names no vCPU");
  return threads;
}

}  // namespace ktstr::vmm::qemu
