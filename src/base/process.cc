// SPDX-License-Identifier: GPL-2.0-only
#include "base/process.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

extern char** environ;

namespace ktstr {
namespace {

constexpr std::size_t most_inherited = 128;

/// Everything between fork and exec: async-signal-safe, no allocation.
struct ChildPlan {
  char* const* argv;
  char* const* environment;
  const std::pair<int, int>* inherit;
  std::size_t inherit_count;
  int null_fd;
  int error_fd;
  pid_t parent;
};

[[noreturn]] void die_in_child(int error_fd) {
  const int code = errno;
  [[maybe_unused]] const ssize_t written = ::write(error_fd, &code, sizeof code);
  ::_exit(127);
}

[[noreturn]] void become(const ChildPlan& plan) {
  // Move every source out of the way of every target before installing the targets.
  constexpr int above = 512;
  int moved[most_inherited];
  const int error_fd = ::fcntl(plan.error_fd, F_DUPFD_CLOEXEC, above);
  if (error_fd < 0) die_in_child(plan.error_fd);
  for (std::size_t i = 0; i < plan.inherit_count; ++i) {
    moved[i] = ::fcntl(plan.inherit[i].first, F_DUPFD_CLOEXEC, above);
    if (moved[i] < 0) die_in_child(error_fd);
  }
  if (::dup2(plan.null_fd, 0) < 0) die_in_child(error_fd);
  for (std::size_t i = 0; i < plan.inherit_count; ++i)
    if (::dup2(moved[i], plan.inherit[i].second) < 0) die_in_child(error_fd);

  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);  // The parent died before prctl took effect.
  ::execvpe(plan.argv[0], plan.argv, plan.environment);
  die_in_child(error_fd);
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

Exit to_exit(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

std::string describe(const Exit& exit) {
  if (exit.signal == 0) return "exit " + std::to_string(exit.code);
  return "signal " + std::to_string(exit.signal) + " (" + ::strsignal(exit.signal) + ")";
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  return *this;
}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<Process> Process::spawn(const Command& command) {
  CHECK(!command.argv.empty() && command.inherit.size() <= most_inherited);
  std::vector<std::string> words = command.argv;
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  for (const std::string& added : command.environment) {
    const std::string name = added.substr(0, added.find('=') + 1);
    std::erase_if(variables, [&](const std::string& old) { return old.starts_with(name); });
    variables.push_back(added);
  }
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> environment = pointers(variables);

  const Fd null = TRY(open_file("/dev/null", O_RDONLY));
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) != 0) return fail_errno("pipe");
  Fd error_read(raw[0]);
  Fd error_write(raw[1]);

  const ChildPlan plan{argv.data(),
                       environment.data(),
                       command.inherit.data(),
                       command.inherit.size(),
                       null.get(),
                       error_write.get(),
                       ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork for " + command.argv[0]);
  if (pid == 0) become(plan);

  Process process;
  process.pid_ = pid;
  error_write.reset();
  int code = 0;
  ssize_t got;
  do {
    got = ::read(error_read.get(), &code, sizeof code);
  } while (got < 0 && errno == EINTR);
  if (got > 0) return fail_code(code, "execute " + command.argv[0]);
  process.pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.pidfd_) return fail_errno("pidfd_open");
  return process;
}

Status Process::signal(int number) {
  if (pid_ <= 0) return fail_code(ESRCH, "signal a finished process");
  if (::kill(pid_, number) != 0) return fail_errno("kill " + std::to_string(pid_));
  return {};
}

Result<std::optional<Exit>> Process::wait(Nanos timeout) {
  if (pid_ <= 0) return fail_code(ECHILD, "wait for a finished process");
  const Deadline deadline(timeout);
  pollfd watch{pidfd_.get(), POLLIN, 0};
  while (::poll(&watch, 1, deadline.poll_timeout()) < 0)
    if (errno != EINTR) return fail_errno("poll a process");
  if (watch.revents == 0) return std::optional<Exit>();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) return fail_errno("waitpid");
  pid_ = -1;
  return std::optional(to_exit(status));
}

Result<Output> run_command(const Command& command, Nanos timeout, Bytes limit) {
  const Deadline deadline(timeout);
  int raw[2][2];
  for (auto& ends : raw)
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
  Fd reads[2] = {Fd(raw[0][0]), Fd(raw[1][0])};
  Fd writes[2] = {Fd(raw[0][1]), Fd(raw[1][1])};

  Command with_pipes = command;
  with_pipes.inherit.emplace_back(writes[0].get(), 1);
  with_pipes.inherit.emplace_back(writes[1].get(), 2);
  Process process = TRY(Process::spawn(with_pipes));
  for (Fd& fd : writes) fd.reset();

  Output output;
  std::string* streams[2] = {&output.out, &output.err};
  while (reads[0] || reads[1]) {
    pollfd watch[2] = {{reads[0].get(), POLLIN, 0}, {reads[1].get(), POLLIN, 0}};
    const int ready = ::poll(watch, 2, deadline.poll_timeout());
    if (ready < 0 && errno != EINTR) return fail_errno("poll " + command.argv[0]);
    if (ready == 0) return fail_code(ETIMEDOUT, "run " + command.argv[0]);
    for (int i = 0; i < 2; ++i) {
      if (watch[i].revents == 0) continue;
      char chunk[16384];
      const ssize_t got = ::read(reads[i].get(), chunk, sizeof chunk);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        reads[i].reset();
        continue;
      }
      const std::size_t room = limit.count - std::min(limit.count, streams[i]->size());
      streams[i]->append(chunk, std::min(room, static_cast<std::size_t>(got)));
    }
  }
  const std::optional<Exit> exit = TRY(process.wait(deadline.left()));
  if (!exit) return fail_code(ETIMEDOUT, "run " + command.argv[0]);
  output.exit = *exit;
  return output;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace ktstr
