// SPDX-License-Identifier: GPL-2.0-only
#include "guest/program.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <sys/prctl.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/clock.h"

namespace ktstr::guest {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void become(char* const* argv, char* const* environment, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0U, 0);
  for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGTERM}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(argv[0], argv, environment);
  std::fprintf(stderr, "cannot execute %s: %s\n", argv[0], std::strerror(errno));
  ::_exit(127);
}

}  // namespace

Program::~Program() {
  if (output_) loop_.unwatch(output_.get());
  if (runs()) signal(SIGKILL);
}

Status Program::start(const std::vector<std::string>& argv,
                      const std::vector<std::string>& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for " + argv[0]);
  output_ = Fd(ends[0]);
  const Fd theirs(ends[1]);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  const std::vector<char*> words = pointers(argv), variables = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork for " + argv[0]);
  if (pid == 0) become(words.data(), variables.data(), theirs.get(), parent);
  ::setpgid(pid, pid);
  pid_ = pid;
  return loop_.watch(output_.get(), [this] { serve(); });
}

bool Program::reaped(const siginfo_t& info) {
  if (pid_ <= 0 || info.si_pid != pid_ || end_) return false;
  const bool exited = info.si_code == CLD_EXITED;
  ::kill(-pid_, SIGKILL);  // Its children, while its pid is still its own.
  end_ = End{exited ? info.si_status : 0, exited ? 0 : info.si_status};
  drain();
  return true;
}

void Program::signal(int number) const {
  if (!runs()) return;
  ::kill(number == SIGKILL ? -pid_ : pid_, number);
}

void Program::serve() {
  read_some();
}

/// False when there is nothing to read, now or ever.
bool Program::read_some() {
  std::array<char, 16 * 1024> part;
  const ssize_t got = ::read(output_.get(), part.data(), part.size());
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) {
    loop_.unwatch(output_.get());
    output_.reset();
    flush();
    return false;
  }
  std::string_view text(part.data(), static_cast<std::size_t>(got));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view piece = text.substr(0, end);
    if (open_.size() < longest_line) open_.append(piece.substr(0, longest_line - open_.size()));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    take(std::exchange(open_, {}));
  }
  return true;
}

/// In a flood most is dropped, but never the last lines: there the reason stands.
void Program::take(std::string line) {
  const Nanos now = monotonic_now();
  if (now >= second_ + 1s) {
    flush();
    second_ = now;
    lines_ = 0;
  }
  if (++lines_ <= lines_per_second && held_.empty()) return on_line_(std::move(line));
  held_.push_back(std::move(line));
  if (held_.size() <= lines_held) return;
  held_.pop_front();
  ++dropped_;
}

void Program::flush() {
  if (dropped_ > 0) on_line_("(" + std::to_string(dropped_) + " lines not kept)");
  dropped_ = 0;
  while (!held_.empty()) {
    on_line_(std::move(held_.front()));
    held_.pop_front();
  }
}

void Program::drain() {
  constexpr int most_reads = 1000;
  for (int i = 0; output_ && i < most_reads; ++i)
    if (!read_some()) break;
  if (!open_.empty()) take(std::exchange(open_, {}));
  flush();
}

}  // namespace ktstr::guest
