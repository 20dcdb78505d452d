// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control_helper.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

namespace ktstr::guest {
namespace {

/// A request: the kind of change, the path, a zero byte, the text.
constexpr std::size_t most_request = PATH_MAX + 64 * 1024;

}  // namespace

int ControlHelper::perform(Change change, const char* path, const char* text, std::size_t size) {
  if (change == Change::make) return ::mkdir(path, 0755) == 0 ? 0 : errno;
  if (change == Change::remove) return ::rmdir(path) == 0 ? 0 : errno;
  const int fd = ::open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return errno;
  const int code = ::write(fd, text, size) == static_cast<ssize_t>(size) ? 0 : errno;
  ::close(fd);
  return code;
}

void ControlHelper::serve(int socket, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  ::dup2(socket, 3);
  ::close_range(4, ~0U, 0);
  // The scheduler under test has no say in it, where that is permitted.
  const sched_param most{.sched_priority = ::sched_get_priority_max(SCHED_FIFO)};
  ::sched_setscheduler(0, SCHED_FIFO, &most);
  std::array<char, most_request + 1> request;
  while (true) {
    const ssize_t size = ::recv(3, request.data(), most_request, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 2) ::_exit(0);
    const auto length = static_cast<std::size_t>(size);
    request[length] = 0;
    const char* path = request.data() + 1;
    const std::size_t text_at = std::min(1 + std::strlen(path) + 1, length);
    const int code =
        perform(static_cast<Change>(request[0]), path, request.data() + text_at, length - text_at);
    if (::send(3, &code, sizeof code, MSG_NOSIGNAL) != sizeof code) ::_exit(0);
  }
}

Status ControlHelper::begin() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("socketpair");
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork the process that writes control files");
  if (pid == 0) serve(theirs.get(), parent);
  process_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  socket_ = std::move(ours);
  return loop_.watch(socket_.get(), [this] {
    int code = 0;
    const ssize_t got = ::recv(socket_.get(), &code, sizeof code, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    answer_ = got == sizeof code ? code : -1;
    if (*answer_ < 0) loop_.unwatch(socket_.get());
  });
}

void ControlHelper::end() {
  if (socket_) loop_.unwatch(socket_.get());
  socket_.reset();
  if (process_) ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
  // One that is stuck in the kernel dies when it comes out; whoever reaps children finds it.
  siginfo_t info{};
  if (process_) ::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED | WNOHANG);
  process_.reset();
}

Status ControlHelper::ask(Change change, const std::string& path, const std::string& text) {
  if (!socket_) TRY(begin());
  std::string request(1, static_cast<char>(change));
  request += path;
  request += '\0';
  request += text;
  if (request.size() > most_request) return fail_code(EMSGSIZE, path);
  answer_.reset();
  if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) answer_ = -1;
  loop_.run(monotonic_now() + deadline, [this] { return answer_.has_value(); });
  if (answer_ == 0) return {};
  if (answer_ > 0) return fail_code(*answer_, path);
  end();
  if (!answer_) return fail_code(ETIMEDOUT, path, "the kernel did not finish it within 2 s");
  return fail(path, "the process that writes control files died");
}

Status ControlHelper::make_directory(const std::string& path) {
  return ask(Change::make, path, {});
}

Status ControlHelper::remove_directory(const std::string& path) {
  return ask(Change::remove, path, {});
}

Status ControlHelper::write(const std::string& path, const std::string& text) {
  return ask(Change::write, path, text);
}

Result<std::string> ControlHelper::read(const std::string& path) const {
  return read_text(path);
}

void ControlHelper::pause(Nanos time) {
  loop_.run_until(monotonic_now() + time);
}

}  // namespace ktstr::guest
