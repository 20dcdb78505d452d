// SPDX-License-Identifier: GPL-2.0-only
// From the first KVM_RUN to init's first instruction: time and VM exits of our monitor and of
// QEMU's microvm, with the same kernel, initramfs and command line; what of the host's memory ours
// takes beyond guest RAM, and which pages of the kernel and the initramfs four machines share at
// that moment. Needs a KVM that runs kernels (`./dev lab`).
//   bench-kvm_boot [ROUNDS]
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "bench/bench.h"
#include "cli/accelerator.h"
#include "host/facts.h"
#include "image/cpio.h"
#include "kernel/find.h"
#include "plan/accelerator.h"
#include "support/temporary_directory.h"
#include "vmm/kvm/monitor.h"

using namespace ktstr;

namespace {

constexpr std::string_view announcement = "first instruction";
constexpr std::uint32_t vcpus = 4;
constexpr Bytes memory = 1_GiB;
constexpr Nanos boot_limit = 300s;
constexpr int machines = 4;

struct Booted {
  double run_seconds = 0;   ///< From when vCPUs began to run.
  double exec_seconds = 0;  ///< From when the monitor's process, or machine, was begun.
  double exits = 0;
  double beyond_ram = 0;  ///< MiB of the host's memory besides the guest's; 0: not measured.
};

struct Setting {
  std::string kernel;
  std::string initramfs;
  std::string command_line =
      "console=ttyS0 rdinit=/init panic=-1 quiet nokaslr mitigations=off "
      "cryptomgr.notests audit=0 security=none rcupdate.rcu_expedited=1";
};

double seconds_since(Nanos start) {
  return std::chrono::duration<double>(monotonic_now() - start).count();
}

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench-kvm_boot: %s\n", what.c_str());
  std::exit(1);
}

template <class T>
T or_give_up(Result<T> result) {
  if (!result) give_up(describe(result.error()));
  return *std::move(result);
}

std::unique_ptr<vmm::Machine> create(vmm::Monitor& monitor, const Setting& setting) {
  vmm::MachineConfig config;
  config.accelerator = vmm::Accelerator::kvm;
  config.topology.nodes = {{.llcs = 1, .memory = memory}};
  config.topology.cores = vcpus;
  config.kernel.path = setting.kernel;
  config.initramfs = setting.initramfs;
  config.command_line = setting.command_line;
  config.devices = {vmm::VsockDevice{.listen = {9000}}};
  return or_give_up(monitor.create(config));
}

void wait_for_init(vmm::Machine& machine) {
  const Deadline deadline(boot_limit);
  while (machine.console().text().find(announcement) == std::string::npos) {
    if (deadline.passed() || machine.state().final())
      give_up("no boot: " + machine.state().detail + "\n" + machine.console().tail(20));
    ::usleep(1000);
  }
}

/// Of this process, in MiB. Guest RAM is memfds, and in their midst the kernel and the initramfs.
struct Pages {
  double resident = 0;    ///< Of the mappings of the kernel and the initramfs.
  double shared = 0;      ///< Of those, the ones that are mapped elsewhere too.
  double beyond_ram = 0;  ///< Of all mappings that are no guest RAM.
};

Pages pages_of(const Setting& setting) {
  enum class Kind { file, ram, other } kind = Kind::other;
  Pages out;
  std::ifstream maps("/proc/self/smaps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) {
      if (line.ends_with(setting.kernel) || line.ends_with(setting.initramfs))
        kind = Kind::file;
      else
        kind = line.find("/memfd:ktstr-node") != std::string::npos ? Kind::ram : Kind::other;
    }
    std::istringstream words(line);
    std::string name;
    double kib = 0;
    if (!(words >> name >> kib)) continue;
    if (kind == Kind::file && name == "Rss:") out.resident += kib / 1024;
    if (kind == Kind::file && name == "Shared_Clean:") out.shared += kib / 1024;
    if (kind == Kind::other && name == "Rss:") out.beyond_ram += kib / 1024;
  }
  return out;
}

Booted boot_ours(const Setting& setting) {
  const Nanos begin = monotonic_now();
  const std::unique_ptr<vmm::Monitor> monitor = or_give_up(vmm::kvm::open_monitor());
  const std::unique_ptr<vmm::Machine> machine = create(*monitor, setting);
  const Nanos run = monotonic_now();
  if (const Status started = machine->start(); !started) give_up(describe(started.error()));
  wait_for_init(*machine);
  Booted out{seconds_since(run), seconds_since(begin)};
  out.beyond_ram = pages_of(setting).beyond_ram;
  for (const vmm::Statistic& item : machine->statistics())
    if (item.name == "kvm.exits") out.exits = static_cast<double>(item.value);
  return out;
}

/// QEMU's control socket.
class Qmp {
 public:
  explicit Qmp(Fd stream) : stream_(std::move(stream)) {
    receive();  // Its greeting.
    ask(R"({"execute":"qmp_capabilities"})");
  }
  std::string ask(const std::string& command) {
    if (const Status sent = write_all(stream_, as_bytes(command + "\n"), "QMP"); !sent)
      give_up(describe(sent.error()));
    return receive();
  }

 private:
  /// A line; events are as good as answers, for nobody causes any.
  std::string receive() {
    std::string line;
    for (char c; ::read(stream_.get(), &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  Fd stream_;
};

Booted boot_qemu(const Setting& setting) {
  int control[2], serial[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, serial) != 0)
    give_up("socketpair");
  const Fd ours(serial[0]);
  const Nanos begin = monotonic_now();
  const Process process = or_give_up(Process::spawn(
      {.argv = {"qemu-system-x86_64", "-M", "microvm,accel=kvm", "-cpu", "host", "-nodefaults",
                "-no-user-config", "-display", "none", "-no-reboot", "-smp", std::to_string(vcpus),
                "-m", std::to_string(memory.count >> 20) + "M", "-kernel", setting.kernel,
                "-initrd", setting.initramfs, "-append", setting.command_line,
                // Stopped at first, so that the moment of the first KVM_RUN is known.
                "-S", "-chardev", "socket,id=control,fd=3", "-mon", "control,mode=control",
                "-chardev", "socket,id=serial,fd=4", "-serial", "chardev:serial"},
       .inherit = {{control[1], 3}, {serial[1], 4}},
       .environment = {}}));
  ::close(control[1]);
  ::close(serial[1]);
  Qmp qmp{Fd(control[0])};
  const Nanos run = monotonic_now();
  qmp.ask(R"({"execute":"cont"})");
  std::string said;
  pollfd ready{ours.get(), POLLIN, 0};
  while (said.find(announcement) == std::string::npos) {
    char bytes[4096];
    if (::poll(&ready, 1, static_cast<int>(boot_limit.count() / 1'000'000)) != 1)
      give_up("QEMU does not boot:\n" + said);
    const ssize_t got = ::read(ours.get(), bytes, sizeof bytes);
    if (got <= 0) give_up("QEMU ended:\n" + said);
    said.append(bytes, static_cast<std::size_t>(got));
  }
  Booted out{seconds_since(run), seconds_since(begin)};
  std::string answer = qmp.ask(R"({"execute":"query-stats","arguments":{"target":"vcpu"}})");
  while (answer.find("\"return\": [") == std::string::npos && !answer.empty()) answer = qmp.ask("");
  // Each statistic is an object of its name and its value, in an order of QEMU's.
  const std::regex item(R"re(\{[^{}\[\]]*"name": "exits"[^{}\[\]]*\})re");
  const std::regex value(R"re("value": ([0-9]+))re");
  for (std::sregex_iterator i(answer.begin(), answer.end(), item), end; i != end; ++i) {
    const std::string text = i->str();
    if (std::smatch number; std::regex_search(text, number, value))
      out.exits += std::stod(number[1]);
  }
  return out;
}

void share(const Setting& setting) {
  const std::unique_ptr<vmm::Monitor> monitor = or_give_up(vmm::kvm::open_monitor());
  std::vector<std::unique_ptr<vmm::Machine>> all;
  for (int i = 0; i < machines; ++i) {
    all.push_back(create(*monitor, setting));
    if (const Status started = all.back()->start(); !started) give_up(describe(started.error()));
  }
  for (const std::unique_ptr<vmm::Machine>& machine : all) wait_for_init(*machine);
  const Pages pages = pages_of(setting);
  report_figure("kvm_boot.file_pages", pages.resident / machines, "MiB",
                "of kernel and initramfs, in each of four machines at init's first instruction");
  report_figure("kvm_boot.shared_pages", pages.shared / machines, "MiB",
                "of them the same pages in all four");
}

/// The median of each figure.
void print(const char* name, std::vector<Booted> all, const char* note) {
  const auto median = [&](double Booted::*figure) {
    std::ranges::sort(all, {}, figure);
    return all[all.size() / 2].*figure;
  };
  const std::string base = std::string("kvm_boot.") + name;
  report_figure((base + ".run_to_init").c_str(), median(&Booted::run_seconds), "s", note);
  report_figure((base + ".exec_to_init").c_str(), median(&Booted::exec_seconds), "s", note);
  report_figure((base + ".exits").c_str(), median(&Booted::exits), "exits", note);
  if (const double beyond = median(&Booted::beyond_ram); beyond > 0)
    report_figure((base + ".beyond_ram").c_str(), beyond, "MiB",
                  "of the host's memory at init's first instruction, 4 vCPUs; promise: 16 MiB");
}

Setting make_setting(const TemporaryDirectory& directory) {
  Setting out;
  const ir::KernelFacts kernel =
      or_give_up(kernel::default_kernel(or_give_up(kernel::default_kernels())));
  out.kernel = kernel.vmlinux;
  out.initramfs = directory / "initramfs";
  Buffer init = or_give_up(
      read_file(std::string(std::getenv("KTSTR_BUILD")) + "/tests/bench/first-init", 16_MiB));
  const Buffer archive =
      or_give_up(image::write_cpio({{"init", image::File{std::move(init)}},
                                    {"dev/console", image::CharacterDevice{5, 1}, 0600}}));
  if (!write_file_atomically(out.initramfs, archive)) give_up("write the initramfs");
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 3;
  // Where KVM is slow but works, trying it takes longer than a user would wait for.
  const bool in_lab = std::getenv("KTSTR_LAB") != nullptr;
  const ir::KvmFacts kvm = cli::try_kvm(or_give_up(host::read_facts()));
  if (const auto obstacle = plan::kvm_obstacle(kvm); obstacle && !in_lab) {
    std::printf("bench: kvm_boot skipped: %s; it runs in the lab\n", obstacle->c_str());
    return 0;
  }
  const TemporaryDirectory directory;
  const Setting setting = make_setting(directory);
  std::vector<Booted> ours, qemu;
  for (int i = 0; i < std::max(rounds, 1); ++i) {
    ours.push_back(boot_ours(setting));
    qemu.push_back(boot_qemu(setting));
  }
  print("ours", std::move(ours), "goal: fewer than half of QEMU's exits, 0.7 of its time");
  print("microvm", std::move(qemu), "qemu-system-x86_64 -M microvm,accel=kvm");
  share(setting);
  return 0;
}
