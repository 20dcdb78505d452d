// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>

#include <sched.h>
#include <unistd.h>

#include "vmm/performance.h"
#include "vmm/ram.h"

using namespace ktstr;
using namespace ktstr::vmm;
using topology::CpuSet;

namespace {

CpuSet affinity(pid_t thread) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  REQUIRE(::sched_getaffinity(thread, sizeof mask, &mask) == 0);
  CpuSet out;
  for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &mask)) out.add(cpu);
  return out;
}

/// A thread that does nothing until it is destroyed.
class Idler {
 public:
  Idler() {
    thread_ = std::thread([this] {
      std::unique_lock lock(mutex_);
      id_ = ::gettid();
      changed_.notify_all();
      changed_.wait(lock, [this] { return ending_; });
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return id_ != 0; });
  }
  ~Idler() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  pid_t id_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("each vCPU's thread gets its CPU, the others those of services") {
  const CpuSet all = affinity(0);
  if (all.count() < 2) SKIP("it takes two CPUs");
  const std::vector<std::uint32_t> cpus = all.members();
  const Idler first, second, service, stranger;
  MachineConfig config;
  config.performance = Performance{.vcpu_cpus = {cpus[1], cpus[0]}, .service_cpus = {cpus[1]}};
  REQUIRE(place_vcpus(config, {first.id(), second.id()}));
  REQUIRE(place_service(config, service.id()));
  CHECK(affinity(first.id()) == CpuSet{cpus[1]});
  CHECK(affinity(second.id()) == CpuSet{cpus[0]});
  CHECK(affinity(service.id()) == CpuSet{cpus[1]});
  CHECK(affinity(stranger.id()) == all);
  CHECK(::sched_getscheduler(first.id()) == SCHED_OTHER);
}

TEST_CASE("vCPUs that share a thread share their CPUs") {
  const CpuSet all = affinity(0);
  if (all.count() < 2) SKIP("it takes two CPUs");
  const Idler thread;
  MachineConfig config;
  config.performance = Performance{.vcpu_cpus = {all.members()[0], all.members()[1]}};
  REQUIRE(pin_thread(thread.id(), {all.first()}));
  REQUIRE(place_vcpus(config, {thread.id(), thread.id()}));
  CHECK(affinity(thread.id()) == CpuSet{all.members()[0], all.members()[1]});
}

TEST_CASE("an ordinary machine stays on the CPUs it shares, or where it is") {
  const CpuSet all = affinity(0);
  const Idler vcpu, service;
  MachineConfig config;
  REQUIRE(place_vcpus(config, {vcpu.id()}));
  REQUIRE(place_service(config, service.id()));
  CHECK(affinity(vcpu.id()) == all);
  config.cpus = {all.members().back()};
  REQUIRE(place_vcpus(config, {vcpu.id()}));
  REQUIRE(place_service(config, service.id()));
  CHECK(affinity(vcpu.id()) == config.cpus);
  CHECK(affinity(service.id()) == config.cpus);
}

TEST_CASE("vCPUs become real-time tasks whose children are none") {
  const Idler vcpu;
  MachineConfig config;
  config.performance = Performance{.vcpu_cpus = {affinity(0).first()}, .priority = 1};
  const Status placed = place_vcpus(config, {vcpu.id()});
  if (!placed && placed.error().code == EPERM) SKIP("SCHED_FIFO is not permitted here");
  REQUIRE(placed);
  CHECK(::sched_getscheduler(vcpu.id()) == (SCHED_FIFO | SCHED_RESET_ON_FORK));
}

TEST_CASE("a process of its own is placed as a whole") {
  const CpuSet all = affinity(0);
  if (all.count() < 2) SKIP("it takes two CPUs");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0)
    while (true) ::pause();
  MachineConfig config;
  config.performance = Performance{.vcpu_cpus = {}, .service_cpus = {all.members()[1]}};
  CHECK(place_process(config, child, {}));
  CHECK(affinity(child) == CpuSet{all.members()[1]});
  config.performance = Performance{.vcpu_cpus = {all.first()}, .service_cpus = {all.members()[1]}};
  CHECK(place_process(config, child, {child}));
  CHECK(affinity(child) == CpuSet{all.first()});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK_FALSE(pin_thread(child, all));
}

TEST_CASE("a CPU that does not exist is an error that names it") {
  const Idler thread;
  const Status status = pin_thread(thread.id(), {CpuSet::limit - 1});
  REQUIRE_FALSE(status);
  CHECK(status.error().what.find("8191") != std::string::npos);
}

TEST_CASE("memory is bound to a node that exists, and to no other") {
  Mapping memory = Mapping::anonymous_shared(1_MiB).value();
  CHECK(bind_memory(memory.bytes(), {0}));
  memory.bytes()[0] = std::byte{1};
  CHECK_FALSE(bind_memory(memory.bytes(), {999}));
}

TEST_CASE("a guest's RAM is huge pages where there are some, ordinary ones elsewhere") {
  topology::Topology topology = topology::expand({1, 1, 1, 1}).value();
  topology.nodes[0].memory = 4_MiB;
  const Ram ram =
      Ram::create("test", topology, Performance{.node_bindings = {CpuSet{0}}, .hugepages = true})
          .value();
  const ByteSpan bytes = *ram.memory().span(GuestPhys(0), (4_MiB).count);
  bytes[0] = std::byte{1};
  bytes.back() = std::byte{2};
  // Of an ordinary mapping a part can be mapped anew, of huge pages only whole ones.
  void* const part = ::mmap(bytes.data(), (4_KiB).count, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK((part == MAP_FAILED) == ram.has_hugepages());
  CHECK(ram.notes().empty() == ram.has_hugepages());
  topology.nodes[0].memory = 3_MiB;  // Never a whole number of huge pages.
  const Ram other = Ram::create("test", topology, Performance{.hugepages = true}).value();
  CHECK_FALSE(other.has_hugepages());
  REQUIRE(other.notes().size() == 1);
  CHECK(other.notes().front().starts_with("no huge pages: "));
  CHECK(Ram::create("test", topology)->notes().empty());
}
