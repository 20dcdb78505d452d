// SPDX-License-Identifier: GPL-2.0-only
#include "guest/program.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <sys/prctl.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace ktstr::guest {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// A packed program stands with what belongs to it, its libraries in `lib`.
std::vector<std::string> environment_of(const std::string& program) {
  const std::string directory = program.substr(0, program.rfind('/'));
  return {"PATH=" + directory + ":/usr/bin:/bin", "HOME=/", "LC_ALL=C",
          "LD_LIBRARY_PATH=" + directory + "/lib"};
}

struct Ends {
  Fd read;
  Fd write;
};

Result<Ends> make_pipe(const std::string& what) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for " + what);
  return Ends{Fd(ends[0]), Fd(ends[1])};
}

/// What the child needs, made before the fork.
struct Child {
  char* const* argv;
  char* const* environment;
  const char* directory;
  int gate;  ///< A byte comes through it when the process is in its place.
  int out;
  int err;
  pid_t parent;
};

[[noreturn]] void become(const Child& child) {
  for (const int number : {SIGPIPE, SIGCHLD, SIGINT, SIGTERM}) ::signal(number, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != child.parent) ::_exit(127);
  ::setpgid(0, 0);
  char byte;
  while (::read(child.gate, &byte, 1) < 0 && errno == EINTR) {
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) ::dup2(nothing, 0);
  ::dup2(child.out, 1);
  ::dup2(child.err, 2);
  ::close_range(3, ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir(child.directory) == 0) ::execve(child.argv[0], child.argv, child.environment);
  std::fprintf(stderr, "cannot execute %s: %s\n", child.argv[0], std::strerror(errno));
  ::_exit(127);
}

}  // namespace

std::string to_text(const Program::End& end) {
  return end.signal != 0 ? "signal " + std::to_string(end.signal)
                         : "status " + std::to_string(end.code);
}

Program::~Program() {
  for (const Fd& each : outputs_)
    if (each) loop_.unwatch(each.get());
  signal_group(SIGKILL);
}

Status Program::start(const Start& start) {
  const std::string& name = start.argv[0];
  Ends gate = TRY(make_pipe(name));
  Ends out = TRY(make_pipe(name));
  Ends err;
  if (!start.one_stream) err = TRY(make_pipe(name));
  const std::vector<std::string> variables = environment_of(name);
  const std::vector<char*> argv = pointers(start.argv), environment = pointers(variables);
  const Child child{
      argv.data(),     environment.data(), start.directory.c_str(),
      gate.read.get(), out.write.get(),    start.one_stream ? out.write.get() : err.write.get(),
      ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork for " + name);
  if (pid == 0) become(child);
  ::setpgid(pid, pid);
  pid_ = pid;
  outputs_ = {std::move(out.read), std::move(err.read)};
  for (const Stream stream : streams) {
    const Fd& end = end_of(stream);
    if (!end) continue;
    ::fcntl(end.get(), F_SETFL, O_NONBLOCK);
    TRY(loop_.watch(end.get(), [this, stream] { read_some(stream); }));
  }
  if (Status placed = start.place(pid); !placed) {
    signal_group(SIGKILL);
    return placed;
  }
  return write_all(gate.write, as_bytes("."), "the gate of " + name);
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
  if (runs()) ::kill(pid_, number);
}

void Program::signal_group(int number) const {
  if (runs()) ::kill(-pid_, number);
}

/// False when there is nothing to read, now or ever.
bool Program::read_some(Stream stream) {
  Fd& end = end_of(stream);
  if (!end) return false;
  std::array<char, 16 * 1024> part;
  const ssize_t got = ::read(end.get(), part.data(), part.size());
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN) return false;
  if (got <= 0) {
    loop_.unwatch(end.get());
    end.reset();
  }
  on_output_(stream, {part.data(), got <= 0 ? 0 : static_cast<std::size_t>(got)});
  return got > 0;
}

void Program::drain() {
  constexpr int most_reads = 1000;
  for (const Stream stream : streams)
    for (int i = 0; i < most_reads; ++i)
      if (!read_some(stream)) break;
}

}  // namespace ktstr::guest
