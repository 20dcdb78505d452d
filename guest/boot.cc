// SPDX-License-Identifier: GPL-2.0-only
#include "guest/boot.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <vector>

#include <linux/vm_sockets.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"

namespace ktstr::guest {
namespace {

struct Mount {
  const char* type;
  const char* target;
};

constexpr Mount mounts[] = {
    {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"cgroup2", "/sys/fs/cgroup"},
    {"tmpfs", "/tmp"},
};

/// One attempt to reach the host, given up after `patience`.
Result<Fd> try_to_connect(std::uint32_t port, Nanos patience) {
  Fd socket(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("make a vsock socket");
  const timeval timeout{
      .tv_sec = std::chrono::floor<std::chrono::seconds>(patience).count(),
      .tv_usec = std::chrono::floor<std::chrono::microseconds>(patience % 1s).count()};
  if (::setsockopt(socket.get(), AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &timeout,
                   sizeof timeout) != 0)
    return fail_errno("set the vsock connect timeout");
  sockaddr_vm address{};
  address.svm_family = AF_VSOCK;
  address.svm_cid = VMADDR_CID_HOST;
  address.svm_port = port;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("connect to the host's vsock port " + std::to_string(port));
  return socket;
}

void write_line(const char* path, const std::string& line) {
  if (const Result<Fd> fd = open_file(path, O_WRONLY | O_NOCTTY | O_NONBLOCK))
    static_cast<void>(write_all(*fd, as_bytes(line), path));
}

}  // namespace

Status mount_everything() {
  for (const Mount& each : mounts) {
    if (::mkdir(each.target, 0755) != 0 && errno != EEXIST)
      return fail_errno(std::string("create ") + each.target);
    // A kernel may mount devtmpfs by itself.
    if (::mount(each.type, each.target, each.type, MS_NOSUID, nullptr) != 0 && errno != EBUSY)
      return fail_errno(std::string("mount ") + each.type + " on " + each.target);
  }
  return {};
}

Status load_modules(const std::string& directory) {
  std::error_code none;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, none))
    paths.push_back(entry.path());
  // The names begin with the place in the order of loading.
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    const Fd module = TRY(open_file(path, O_RDONLY));
    if (::syscall(SYS_finit_module, module.get(), "", 0) != 0 && errno != EEXIST)
      return fail_errno("insert the module " + path);
  }
  return {};
}

Status take_priority() {
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return fail_errno("mlockall");
  const sched_param most{.sched_priority = ::sched_get_priority_max(SCHED_FIFO)};
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &most) != 0)
    return fail_errno("take the real-time priority 99");
  return {};
}

void raise_descriptor_limit() {
  constexpr rlim_t wanted = 65536;
  if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < wanted) {
    limit.rlim_max = wanted;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  // Where that is not permitted, what there is must do, and a fork that finds too little says so.
  ktstr::raise_descriptor_limit();
}

Result<Fd> connect_to_host(std::uint32_t port, Nanos patience) {
  const Deadline deadline(patience);
  constexpr Nanos one_try = 1s;
  constexpr timespec between{0, 20'000'000};
  while (true) {
    Result<Fd> connected = try_to_connect(port, std::min(one_try, deadline.left() + 1ms));
    if (connected || deadline.passed()) return connected;
    ::nanosleep(&between, nullptr);
  }
}

void die(const Error& error) {
  std::string line = "ktstr-init: " + describe(error);
  for (char& c : line)
    if (c == '\n') c = ' ';
  line += '\n';
  write_line("/dev/kmsg", line);
  write_line("/dev/console", line);
  ::sync();
  ::reboot(RB_POWER_OFF);
  ::_exit(1);
}

}  // namespace ktstr::guest
