// SPDX-License-Identifier: GPL-2.0-only
// A scheduler that is ejected by hand: starts the program that it is given as its configuration
// file, and a second after that is in charge does what `echo s > /proc/sysrq-trigger` does.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace {

bool copy(const char* from, const char* to) {
  const int in = ::open(from, O_RDONLY), out = ::open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  std::vector<char> part(1 << 20);
  ssize_t got = 0;
  while (in >= 0 && out >= 0 && (got = ::read(in, part.data(), part.size())) > 0)
    if (::write(out, part.data(), static_cast<size_t>(got)) != got) return false;
  ::close(in);
  return out >= 0 && ::close(out) == 0 && got == 0;
}

bool in_charge() {
  char state[8] = {};
  const int file = ::open("/sys/kernel/sched_ext/state", O_RDONLY);
  const bool out = file >= 0 && ::read(file, state, 7) == 7 && std::strcmp(state, "enabled") == 0;
  if (file >= 0) ::close(file);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const char* const program = "/tmp/ejected";
  if (argc < 3 || std::strcmp(argv[1], "--config") != 0 || !copy(argv[2], program)) return 2;
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program, program, nullptr);
    ::_exit(2);
  }
  while (!in_charge()) ::usleep(50'000);
  ::sleep(1);
  const int trigger = ::open("/proc/sysrq-trigger", O_WRONLY);
  if (trigger < 0 || ::write(trigger, "S", 1) != 1) std::perror("/proc/sysrq-trigger");
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
