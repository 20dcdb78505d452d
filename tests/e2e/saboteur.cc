// SPDX-License-Identifier: GPL-2.0-only
// Stands in front of the real init and spoils the run that `sabotage=HOW` on the kernel command
// line asks for, a moment after the host was told Hello. It is PID 1 only until it has forked what
// does the harm; then the real init takes over.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include <linux/vm_sockets.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace {

std::string read_text(const char* path) {
  char text[4096] = "";
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && ::read(fd, text, sizeof text - 1) < 0) text[0] = '\0';
  if (fd >= 0) ::close(fd);
  return text;
}

void write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (::write(fd, text, std::strlen(text)) < 0) std::perror(path);
  ::close(fd);
}

/// A descriptor of init's connection to the host, once it has one.
int connection_of_init() {
  const auto init = static_cast<int>(::syscall(SYS_pidfd_open, 1, 0));
  while (true) {
    for (int number = 3; number < 64; ++number) {
      const auto fd = static_cast<int>(::syscall(SYS_pidfd_getfd, init, number, 0));
      sockaddr_vm peer{};
      socklen_t size = sizeof peer;
      if (fd >= 0 && ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
          peer.svm_family == AF_VSOCK)
        return fd;
      if (fd >= 0) ::close(fd);
    }
    ::usleep(20'000);
  }
}

/// Every CPU is busy with a task of this real-time priority. Init, whose is 99, preempts those
/// below it and waits for ever behind its equals.
void hog_cpus(int real_time_priority) {
  const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  for (long cpu = 0; cpu < cpus; ++cpu) {
    if (::fork() != 0) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(cpu), &only);
    ::sched_setaffinity(0, sizeof only, &only);
    const sched_param priority{.sched_priority = real_time_priority};
    if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0) std::perror("SCHED_FIFO");
    for (volatile std::uint64_t turns = 0;;) turns = turns + 1;
  }
}

[[noreturn]] void spoil(const std::string& how) {
  const int connection = connection_of_init();
  ::sleep(1);
  if (how == "panic") write_text("/proc/sysrq-trigger", "c");
  if (how == "oops")
    write_text("/dev/kmsg", "<1>Oops: general protection fault, made up by a test: 0000 [#1]\n");
  if (how == "hang_up") ::shutdown(connection, SHUT_RDWR);
  if (how == "babble") {
    const std::string nonsense(100, 'x');
    if (::write(connection, nonsense.data(), nonsense.size()) < 0) std::perror("babble");
  }
  if (how == "hog") hog_cpus(50);
  if (how == "silence") hog_cpus(99);
  while (true) ::pause();
}

}  // namespace

int main() {
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("dev", "/dev", "devtmpfs", 0, nullptr);
  const std::string command_line = read_text("/proc/cmdline");
  const std::size_t at = command_line.find("sabotage=");
  if (at != std::string::npos) {
    const std::string how =
        command_line.substr(at + 9, command_line.find_first_of(" \n", at) - at - 9);
    if (::fork() == 0) spoil(how);
  }
  ::execl("/init.real", "/init", nullptr);
  std::perror("/init.real");
  return 1;
}
