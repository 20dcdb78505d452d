// SPDX-License-Identifier: GPL-2.0-only
// A tiny PID 1 for the tests of the machine alone: it prints what sysfs says about the topology to
// the console and then serves one-line commands over vsock. It knows nothing of ktstr.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <set>
#include <string>

#include <linux/module.h>
#include <linux/vm_sockets.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr unsigned port = 9000;

std::string read_line(const std::string& path) {
  std::string text;
  if (FILE* file = std::fopen(path.c_str(), "re")) {
    char line[8192] = "";
    if (std::fgets(line, sizeof line, file) != nullptr) text = line;
    std::fclose(file);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

void load_modules() {
  for (int i = 0;; ++i) {
    const std::string path = "/modules/" + std::to_string(i) + ".ko.xz";
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (::syscall(SYS_finit_module, fd, "", MODULE_INIT_COMPRESSED_FILE) != 0)
      std::perror(path.c_str());
    ::close(fd);
  }
}

/// The level-3 group of a CPU as sysfs lists it.
std::string llc_of(const std::string& cpu) {
  for (int index = 0;; ++index) {
    const std::string cache = cpu + "/cache/index" + std::to_string(index);
    if (!exists(cache)) return "none";
    if (read_line(cache + "/level") == "3") return read_line(cache + "/shared_cpu_list");
  }
}

/// Memory blocks of a node; unlike its MemTotal they leave out nothing the kernel keeps.
std::uint64_t node_memory(const std::string& node) {
  const std::uint64_t block =
      std::strtoull(read_line("/sys/devices/system/memory/block_size_bytes").c_str(), nullptr, 16);
  std::uint64_t blocks = 0;
  if (DIR* directory = ::opendir(node.c_str())) {
    while (const dirent* entry = ::readdir(directory))
      if (std::strncmp(entry->d_name, "memory", 6) == 0 && entry->d_name[6] >= '0' &&
          entry->d_name[6] <= '9')
        ++blocks;
    ::closedir(directory);
  }
  return blocks * block;
}

void print_topology() {
  const std::string cpus = "/sys/devices/system/cpu/";
  std::printf("online %s\n", read_line(cpus + "online").c_str());
  for (int i = 0;; ++i) {
    const std::string cpu = cpus + "cpu" + std::to_string(i);
    if (!exists(cpu)) break;
    std::printf("cpu %d siblings %s llc %s\n", i,
                read_line(cpu + "/topology/thread_siblings_list").c_str(), llc_of(cpu).c_str());
  }
  for (int i = 0;; ++i) {
    const std::string node = "/sys/devices/system/node/node" + std::to_string(i);
    if (!exists(node)) break;
    std::printf("node %d cpus %s mib %llu distances %s\n", i, read_line(node + "/cpulist").c_str(),
                static_cast<unsigned long long>(node_memory(node) >> 20),
                read_line(node + "/distance").c_str());
  }
  std::printf("topology ends\n");
}

int connect_to_host() {
  const sockaddr_vm host{.svm_family = AF_VSOCK,
                         .svm_reserved1 = 0,
                         .svm_port = port,
                         .svm_cid = VMADDR_CID_HOST,
                         .svm_flags = 0,
                         .svm_zero = {}};
  for (int attempt = 0; attempt < 100; ++attempt) {
    const int fd = ::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&host), sizeof host) == 0)
      return fd;
    if (fd >= 0) ::close(fd);
    ::usleep(50'000);
  }
  return -1;
}

/// A page with a pattern in it; gives its physical address.
std::string write_pattern() {
  constexpr std::size_t page = 4096;
  auto* memory = static_cast<char*>(::mmap(nullptr, page, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
  for (std::size_t i = 0; i < page; ++i) memory[i] = static_cast<char>(i * 7 + (i >> 8));
  const int map = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  std::uint64_t entry = 0;
  const auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(memory) / page * 8);
  if (::pread(map, &entry, sizeof entry, offset) != sizeof entry) return "0";
  ::close(map);
  return std::to_string((entry & ((1ULL << 55) - 1)) * page);
}

/// `SIZE RO ID FIRST` of a disk: its sectors, whether it is read-only, its id and the first word in
/// it.
std::string describe_disk(const std::string& name) {
  const std::string in_sysfs = "/sys/block/" + name;
  char first[17] = "";
  const int fd = ::open(("/dev/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::read(fd, first, 16) != 16) return "unreadable";
  ::close(fd);
  return read_line(in_sysfs + "/size") + " " + read_line(in_sysfs + "/ro") + " " +
         read_line(in_sysfs + "/serial") + " " + first;
}

/// Writes to the start of a disk and makes sure that it is there; `ok` or why not.
std::string write_disk(const std::string& name) {
  const int fd = ::open(("/dev/" + name).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return std::strerror(errno);
  const bool good = ::write(fd, "by the guest....", 16) == 16 && ::fsync(fd) == 0;
  const std::string why = std::strerror(errno);
  ::close(fd);
  return good ? "ok" : why;
}

/// How many milliseconds reading a disk's first megabytes takes, past the page cache.
std::string time_disk(const std::string& name, std::size_t megabytes) {
  const int fd = ::open(("/dev/" + name).c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  constexpr std::size_t chunk = 256 * 1024;
  void* memory = ::mmap(nullptr, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  timespec before{}, after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  for (std::size_t done = 0; done < megabytes << 20; done += chunk)
    if (::read(fd, memory, chunk) != chunk) return "short";
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  ::close(fd);
  return std::to_string((after.tv_sec - before.tv_sec) * 1000 +
                        (after.tv_nsec - before.tv_nsec) / 1000000);
}

/// The name of the source of random numbers, and how many different bytes it gave of 64.
std::string describe_rng() {
  unsigned char bytes[64];
  const int fd = ::open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::read(fd, bytes, sizeof bytes) == sizeof bytes;
  if (fd >= 0) ::close(fd);
  std::set<unsigned> different;
  if (good) different.insert(bytes, bytes + sizeof bytes);
  return read_line("/sys/class/misc/hw_random/rng_current") + " " +
         (different.size() > 32 ? "random" : "not random");
}

std::string write_console(const char* text) {
  FILE* console = std::fopen("/dev/hvc0", "we");
  if (console == nullptr) return std::strerror(errno);
  std::fprintf(console, "%s\n", text);
  return std::fclose(console) == 0 ? "ok" : std::strerror(errno);
}

/// What a question about a device is answered, or nothing.
std::string ask_device(const char* line) {
  char name[32] = "";
  unsigned long number = 0;
  if (std::sscanf(line, "disk %31s", name) == 1) return describe_disk(name);
  if (std::sscanf(line, "write %31s", name) == 1) return write_disk(name);
  if (std::sscanf(line, "time %31s %lu", name, &number) == 2) return time_disk(name, number);
  if (std::strcmp(line, "rng") == 0) return describe_rng();
  if (std::strncmp(line, "console ", 8) == 0) return write_console(line + 8);
  return "";
}

void serve(int fd) {
  FILE* host = ::fdopen(fd, "r+");
  std::setvbuf(host, nullptr, _IONBF, 0);
  char line[4096];
  while (std::fgets(line, sizeof line, host) != nullptr) {
    line[std::strcspn(line, "\n")] = '\0';
    if (std::strcmp(line, "panic") == 0) {
      FILE* trigger = std::fopen("/proc/sysrq-trigger", "we");
      std::fputs("c", trigger);
      std::fclose(trigger);
    } else if (std::strcmp(line, "reboot") == 0) {
      ::reboot(RB_AUTOBOOT);
    } else if (std::strcmp(line, "pattern") == 0) {
      std::fprintf(host, "%s\n", write_pattern().c_str());
    } else if (std::strcmp(line, "clock") == 0) {
      timespec now{};
      ::clock_gettime(CLOCK_MONOTONIC, &now);
      std::fprintf(host, "%lld\n",
                   static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000);
    } else if (const std::string answer = ask_device(line); !answer.empty()) {
      std::fprintf(host, "%s\n", answer.c_str());
    } else {
      std::fprintf(host, "%s\n", line);
    }
  }
}

}  // namespace

int main() {
  ::mkdir("/proc", 0755);
  ::mkdir("/sys", 0755);
  ::mkdir("/dev", 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("init up\n");
  load_modules();
  print_topology();
  if (const int fd = connect_to_host(); fd >= 0) serve(fd);
  ::sync();
  ::reboot(RB_POWER_OFF);
}
