// SPDX-License-Identifier: GPL-2.0-only
// The emulated machine alone: a real kernel in it, and what its sysfs says against the request.
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "../support/temporary_directory.h"
#include "base/clock.h"
#include "machine_support.h"
#include "vmm/qemu/monitor.h"

using namespace ktstr;
using vmm::Condition;

namespace {

constexpr std::uint32_t guest_port = 9000;

std::unique_ptr<vmm::Monitor> monitor_or_skip() {
  if (const std::string reason = missing_for_boots(); !reason.empty()) SKIP(reason);
  return open_asked_monitor().value();
}

/// What only a machine of QEMU's can show.
void emulation_only() {
  if (accelerator_of_machines() != vmm::Accelerator::tcg) SKIP("about QEMU's machines");
}

vmm::MachineConfig two_cpus(const TemporaryDirectory& directory) {
  return guest_config(topology::expand({1, 1, 2, 1}).value(),
                      write_guest_initramfs(directory / "initramfs"));
}

/// The other end of machine_guest's command line.
class Guest {
 public:
  explicit Guest(vmm::Machine& machine) {
    std::optional<vmm::VsockConnection> connection;
    if (!wait_for(machine, 60s, [&] {
          connection = machine.accept();
          return connection.has_value();
        }))
      FAIL("no connection\n" << machine.console().tail(20));
    REQUIRE(connection->port == guest_port);
    stream_ = std::move(connection->stream);
  }

  void send(std::string_view command) {
    const Status sent = write_all(stream_, as_bytes(std::string(command) + "\n"), "guest");
    if (!sent) FAIL(describe(sent.error()));
  }
  /// A line, or what there is of it when the stream ends or nothing comes.
  std::string receive(Nanos limit = 30s) {
    const Deadline deadline(limit);
    std::string line;
    pollfd ready{stream_.get(), POLLIN, 0};
    for (char c; ::poll(&ready, 1, deadline.poll_timeout()) == 1 &&
                 ::read(stream_.get(), &c, 1) == 1 && c != '\n';)
      line += c;
    return line;
  }
  std::string ask(std::string_view command) {
    send(command);
    return receive();
  }

 private:
  Fd stream_;
};

}  // namespace

TEST_CASE("a guest talks over vsock, is looked into, stands still when paused, and panics") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  vmm::MachineConfig config = two_cpus(directory);
  config.devices = {vmm::VsockDevice{.guest_cid = 3, .listen = {guest_port}}};
  const std::unique_ptr<vmm::Machine> machine = boot(*monitor, config);
  Guest guest(*machine);
  CHECK(guest.ask("hello") == "hello");
  CHECK(guest.ask(std::string(3000, 'x')) == std::string(3000, 'x'));

  // The pattern that machine_guest wrote is at the physical address it names.
  const std::uint64_t address = std::stoull(guest.ask("pattern"));
  REQUIRE(address != 0);
  Buffer page(4096);
  REQUIRE(machine->memory().read(GuestPhys(address), page));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < page.size(); ++i)
    wrong += page[i] != static_cast<std::byte>(i * 7 + (i >> 8));
  CHECK(wrong == 0);

  const std::string threads = "/proc/" + std::to_string(machine->process()) + "/task/";
  const std::vector<pid_t> vcpus = machine->vcpu_threads();
  REQUIRE(vcpus.size() == 2);
  for (const pid_t thread : vcpus)
    CHECK(read_text(threads + std::to_string(thread) + "/schedstat"));

  // On KVM as long as trips the watchdogs of a kernel that takes it for its own time: its clock
  // must not have seen it, and it must not complain when it goes on.
  const Nanos standing = accelerator_of_machines() == vmm::Accelerator::kvm ? 25s : 1s;
  const std::int64_t before = std::stoll(guest.ask("clock"));
  const std::size_t said_before = machine->console().text().size();
  REQUIRE(machine->pause());
  guest.send("clock");
  CHECK(guest.receive(standing).empty());
  REQUIRE(machine->resume());
  const std::int64_t after = std::stoll(guest.receive());
  CHECK(after >= before);
  CHECK(after - before < 10'000);
  std::this_thread::sleep_for(3s);
  CHECK(std::stoll(guest.ask("clock")) > after);
  for (const char* complaint :
       {"rcu: INFO", "soft lockup", "hard LOCKUP", "blocked for more than", "Marking clocksource",
        "Marking TSC unstable", "timekeeping watchdog on CPU"}) {
    INFO(complaint);
    CHECK(machine->console().text().find(complaint, said_before) == std::string::npos);
  }

  guest.send("panic");
  CHECK(wait_for(*machine, 30s, [&] { return machine->state().final(); }));
  CHECK(machine->state().condition == Condition::panicked);
  CHECK(has_line(*machine, "Kernel panic - not syncing: sysrq triggered crash"));
  CHECK(machine->memory().read(GuestPhys(address), page));
}

TEST_CASE("a guest uses every device of its configuration") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  vmm::MachineConfig config = two_cpus(directory);
  const auto image = [&](const std::string& name) {
    Buffer bytes(4u << 20);
    const std::string text = "image " + name + "...........";
    std::memcpy(bytes.data(), text.data(), 16);
    REQUIRE(write_file_atomically(directory / name, bytes));
    return directory / name;
  };
  const auto start_of = [&](const std::string& name) {
    return read_text(directory / name, 8_MiB).value().substr(0, 16);
  };
  config.devices = {vmm::VsockDevice{.guest_cid = 3, .listen = {guest_port}},
                    vmm::ConsoleDevice{},
                    vmm::RngDevice{},
                    vmm::BlockDevice{.path = image("copied"), .mode = vmm::DiskMode::copy_on_write},
                    vmm::BlockDevice{.path = image("fixed"),
                                     .mode = vmm::DiskMode::read_only,
                                     .bytes_per_second = 2_MiB,
                                     .operations_per_second = {}},
                    vmm::BlockDevice{.path = image("changed"), .mode = vmm::DiskMode::read_write}};
  const std::unique_ptr<vmm::Machine> machine = boot(*monitor, config);
  Guest guest(*machine);
  CHECK(guest.ask("disk vda") == "8192 0 disk0 image copied....");
  CHECK(guest.ask("disk vdb") == "8192 1 disk1 image fixed.....");
  CHECK(guest.ask("disk vdc") == "8192 0 disk2 image changed...");
  CHECK(guest.ask("write vda") == "ok");
  CHECK(guest.ask("write vdb") != "ok");
  CHECK(guest.ask("write vdc") == "ok");
  CHECK(guest.ask("disk vda") == "8192 0 disk0 by the guest....");
  CHECK(start_of("copied") == "image copied....");
  CHECK(start_of("changed") == "by the guest....");
  CHECK(std::stol(guest.ask("time vdb 4")) >= 1500);  // Two seconds' worth, a burst aside.
  CHECK(guest.ask("rng").ends_with(" random"));
  CHECK(guest.ask("rng").starts_with("virtio_rng"));
  CHECK(guest.ask("console to the virtio console") == "ok");
  CHECK(wait_for(*machine, 30s, [&] { return has_line(*machine, "to the virtio console"); }));
}

TEST_CASE("unequal nodes, a node of memory only, distances, siblings and memory past the gap") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  topology::Topology topology;
  topology.nodes = {{.llcs = 3, .memory = 2_GiB},
                    {.llcs = 1, .memory = 1536_MiB},
                    {.llcs = 0, .memory = 512_MiB}};
  topology.cores = 1;
  topology.threads = 2;
  topology.distances = {{10, 15, 30}, {15, 10, 40}, {30, 40, 10}};
  const std::unique_ptr<vmm::Machine> machine =
      boot(*monitor, guest_config(topology, write_guest_initramfs(directory / "initramfs")));
  CHECK(report_of(*machine) == expected_report(topology));
  CHECK(machine->vcpu_threads().size() == 8);
  CHECK(wait_for(*machine, 60s,
                 [&] { return machine->state().condition == Condition::powered_off; }));
}

TEST_CASE("LLCs and cores whose numbers are not powers of two") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  const topology::Topology topology = topology::expand({1, 3, 3, 1}).value();
  vmm::MachineConfig config =
      guest_config(topology, write_guest_initramfs(directory / "initramfs"));
  config.devices = {vmm::VsockDevice{.guest_cid = 3, .listen = {guest_port}}};
  const std::unique_ptr<vmm::Machine> machine = boot(*monitor, config);
  CHECK(report_of(*machine) == expected_report(config.topology));
  Guest(*machine).send("reboot");
  if (!wait_for(*machine, 60s, [&] { return machine->state().final(); }))
    FAIL("it does not restart\n" << machine->console().tail(20));
  CHECK(machine->state().condition == Condition::reset);
}

TEST_CASE("what QEMU refuses is told in its words, before anything boots") {
  emulation_only();
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  vmm::MachineConfig config = guest_config(topology::expand({1, 1, 2, 1}).value(), "");
  config.kernel.path = "/dev/null";
  const std::unique_ptr<vmm::Machine> machine = monitor->create(config).value();
  const Status started = machine->start();
  REQUIRE_FALSE(started);
  CHECK(started.error().what.find("could not load kernel") != std::string::npos);
  CHECK(machine->state().final());

  config.kernel.path = "/nonexistent/vmlinux";
  const Status missing = monitor->create(config).value()->start();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ENOENT);
  CHECK(missing.error().what == "open /nonexistent/vmlinux");
}

TEST_CASE("a missing emulator is an error that says what to install") {
  const Result<std::unique_ptr<vmm::Monitor>> monitor =
      vmm::qemu::open_monitor("/nonexistent/qemu-system-x86_64");
  REQUIRE_FALSE(monitor);
  CHECK(monitor.error().code == ENOENT);
  CHECK(monitor.error().hint.find("qemu-system-x86") != std::string::npos);
  const Result<std::unique_ptr<vmm::Monitor>> other = vmm::qemu::open_monitor("echo");
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("not QEMU") != std::string::npos);
}

TEST_CASE("a machine is stopped while it boots") {
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  const std::unique_ptr<vmm::Machine> machine = monitor->create(two_cpus(directory)).value();
  CHECK(machine->state().condition == Condition::created);
  REQUIRE(machine->start());
  REQUIRE(wait_for(*machine, 60s, [&] { return has_line(*machine, "Linux version"); }));
  const pid_t process = machine->process();
  const Nanos before = monotonic_now();
  machine->stop();
  CHECK(monotonic_now() - before < 2s);
  CHECK(machine->state().condition == Condition::stopped);
  CHECK((process == ::getpid() || ::kill(process, 0) == -1));
}

TEST_CASE("an emulator's death is told") {
  emulation_only();
  const std::unique_ptr<vmm::Monitor> monitor = monitor_or_skip();
  const TemporaryDirectory directory;
  const std::unique_ptr<vmm::Machine> machine = monitor->create(two_cpus(directory)).value();
  REQUIRE(machine->start());
  ::kill(machine->process(), SIGKILL);
  CHECK(wait_for(*machine, 10s, [&] { return machine->state().final(); }));
  CHECK(machine->state().condition == Condition::died);
  CHECK(machine->state().detail.find("signal 9") != std::string::npos);
  CHECK_FALSE(machine->pause());
}
