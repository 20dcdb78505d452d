// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>

#include "plan/launch.h"

using namespace ktstr;
using namespace ktstr::plan;

namespace {

struct Setting {
  ir::Case to_run;
  ir::HostFacts host{.cpus = 2, .memory_available = 16_GiB};
  ir::KernelFacts kernel{.name = "k",
                         .release = "7.3.4",
                         .version = {7, 3, 4},
                         .bz_image = "/b",
                         .vmlinux = "/v",
                         .options_from = ir::OptionSource::config_file,
                         .pvh = true};
  Options options{.vsock_port = 1024};

  explicit Setting(topology::Shape shape) {
    to_run.program.topology = with_memory(topology::expand(shape).value(), {});
    to_run.timeout = 40s;
  }
  [[nodiscard]] auto decided() const { return decide(to_run, host, kernel, options); }
  [[nodiscard]] std::string reason() const { return std::get<Skip>(decided()).reason; }
};

}  // namespace

TEST_CASE("a case that fits becomes a machine that boots its vmlinux directly") {
  Setting setting({1, 2, 4, 1});
  const Launch launch = std::get<Launch>(setting.decided());
  CHECK(launch.machine.kernel == vmm::Kernel{"/v", vmm::KernelFormat::vmlinux});
  CHECK(launch.boot_limit == 92s);
  CHECK(launch.silence_limit == 30s);
  CHECK(launch.run_limit == 40s);
  CHECK(vmm::device_of<vmm::VsockDevice>(launch.machine)->listen == std::vector{1024U});
  CHECK(launch.machine.command_line.find("rdinit=/init") != std::string::npos);
  setting.kernel.pvh = false;
  CHECK(std::get<Launch>(setting.decided()).machine.kernel.path == "/b");
}

TEST_CASE("every scheduler that is attached has its patience on top of the case's timeout") {
  Setting setting({1, 1, 2, 1});
  ir::Program& program = setting.to_run.program;
  program.schedulers = {{.name = "a"}, {.name = "b", .attach_timeout = 20s}};
  CHECK(std::get<Launch>(setting.decided()).run_limit == 40s);
  program.scheduler = ir::SchedulerUse{"a", {}, {}};
  program.steps.resize(1);
  program.steps[0].ops = {ir::ReplaceScheduler{{"b", {}, {}}}, ir::DetachScheduler{}};
  CHECK(std::get<Launch>(setting.decided()).run_limit == 40s + 2 * 6 * 20s);
  setting.options.accelerator = vmm::Accelerator::kvm;
  CHECK(std::get<Launch>(setting.decided()).run_limit == 40s + 2 * 20s);
}

TEST_CASE("more than eight vCPUs per host CPU are skipped unless the limit is lifted") {
  Setting setting({1, 4, 4, 2});
  CHECK(setting.reason().find("more than the 16") != std::string::npos);
  setting.options.max_vcpus = 32;
  CHECK(std::holds_alternative<Launch>(setting.decided()));
}

TEST_CASE("memory counts for every machine that runs at the same time") {
  Setting setting({1, 1, 2, 1});
  setting.host.memory_available = 2_GiB;
  CHECK(std::holds_alternative<Launch>(setting.decided()));
  setting.options.jobs = 2;
  CHECK(setting.reason().find("2 at a time") != std::string::npos);
}

TEST_CASE("kernels outside a scenario's range or without its options are skipped") {
  Setting setting({1, 1, 2, 1});
  setting.to_run.kernel.min = "7.4";
  CHECK(setting.reason() == "it needs kernel 7.4 or newer");
  setting.to_run.kernel = {.max = "7.2"};
  CHECK(setting.reason() == "it needs kernel 7.2 or older");
  setting.to_run.kernel = {.require = {"CONFIG_NOPE"}};
  CHECK(setting.reason().find("CONFIG_NOPE") != std::string::npos);
  setting.kernel.options_from = ir::OptionSource::evidence;
  CHECK(std::holds_alternative<Launch>(setting.decided()));
}

TEST_CASE("a case that is skipped already keeps its reason") {
  Setting setting({1, 1, 2, 1});
  setting.to_run.skip = "because";
  CHECK(setting.reason() == "because");
}

TEST_CASE("what will be skipped takes no time") {
  Setting setting({1, 1, 2, 1});
  const auto estimated = [&] {
    return estimate(setting.to_run, setting.host, setting.kernel, setting.options);
  };
  setting.to_run.duration = 4s;
  CHECK(estimated() == 10s);
  setting.to_run.kernel.min = "8.0";
  CHECK(estimated() == 0s);
  setting.to_run.kernel.min.reset();
  setting.to_run.skip = "it does not fit";
  CHECK(estimated() == 0s);
}

TEST_CASE("a disk is a device of the machine, as fast as the scenario says") {
  Setting setting({1, 1, 2, 1});
  setting.kernel.options["VIRTIO_BLK"] = "m";
  setting.to_run.program.disk = {
      .size = 64_MiB, .bytes_per_second = 1_MiB, .operations_per_second = 100};
  const Launch launch = std::get<Launch>(setting.decided());
  const auto* disk = vmm::device_of<vmm::BlockDevice>(launch.machine);
  REQUIRE(disk != nullptr);
  CHECK(*disk == vmm::BlockDevice{.mode = vmm::DiskMode::read_write,
                                  .bytes_per_second = 1_MiB,
                                  .operations_per_second = 100});
  setting.kernel.options["VIRTIO_BLK"] = "n";
  CHECK(setting.reason() == "it uses a disk, which needs CONFIG_VIRTIO_BLK, and kernel k lacks it");
}

TEST_CASE("work over the network needs a kernel that has virtual devices and packet sockets") {
  Setting setting({1, 1, 2, 1});
  const ir::WorkGroup group{.workers = ir::Count(2), .work = ir::IrqWake{}};
  setting.to_run.program.steps = {
      {.name = "step_1", .cgroups = {{.name = "a", .groups = {group}}}, .ops = {}, .hold = {}}};
  setting.kernel.options["PACKET"] = "y";
  CHECK(setting.reason() ==
        "it uses work over the network, which needs CONFIG_VETH, and kernel k lacks it");
  setting.kernel.options["VETH"] = "m";
  CHECK(std::holds_alternative<Launch>(setting.decided()));
}
TEST_CASE("what a program uses beyond every run must be in the kernel") {
  Setting setting({2, 2, 2, 1});
  ir::Cgroup cgroup{.name = "a"};
  setting.kernel.options = {{"NUMA", "y"}};
  const auto with = [&](const ir::Cgroup& it) {
    setting.to_run.program.steps = {{.name = "s", .cgroups = {it}}};
  };
  with(cgroup);
  CHECK(std::holds_alternative<Launch>(setting.decided()));
  cgroup.pids.max = ir::Count(5);
  with(cgroup);
  CHECK(setting.reason() ==
        "it uses pids.max, which needs CONFIG_CGROUP_PIDS, and kernel k lacks it");
  cgroup.pids = {};
  cgroup.io.weight = ir::Count(5);
  with(cgroup);
  CHECK(setting.reason().find("CONFIG_BLK_CGROUP_IOCOST") != std::string::npos);
  cgroup.io = {};
  ir::WorkGroup group;
  group.mem_policy = ir::WeightedMemory{{0}, {}};
  cgroup.groups = {group};
  with(cgroup);
  CHECK(std::holds_alternative<Launch>(setting.decided()));
  setting.kernel.version = {6, 8, 0};
  CHECK(setting.reason() == "it uses weighted interleaving, which needs kernel 6.9 or newer");
  setting.kernel.version = {7, 3, 4};
  setting.kernel.options.clear();
  CHECK(setting.reason().find("CONFIG_NUMA") != std::string::npos);
  // What is not known is not held against a kernel.
  setting.kernel.options_from = ir::OptionSource::evidence;
  CHECK(std::holds_alternative<Launch>(setting.decided()));
}

TEST_CASE("a set_memory of swap asks for swap") {
  Setting setting({1, 1, 2, 1});
  ir::SetMemory set{.cgroup = "a", .limits = {}};
  set.limits.swap_max = 1_MiB;
  setting.to_run.program.backdrop.ops = {set};
  CHECK(setting.reason().find("CONFIG_SWAP") != std::string::npos);
}

TEST_CASE("a host that is not what the scenario requires is a skip that says so") {
  Setting setting({1, 1, 2, 1});
  setting.to_run.host.accelerator = ir::Engine::tcg;
  CHECK(std::holds_alternative<Launch>(setting.decided()));
  setting.to_run.host.accelerator = ir::Engine::kvm;
  CHECK(setting.reason() == "it needs kvm, and machines are run by tcg");
  setting.to_run.host = {.min_cpus = 4};
  CHECK(setting.reason() == "it needs a host with at least 4 CPUs, and this one has 2");
  setting.to_run.host = {.min_memory = 32_GiB};
  CHECK(setting.reason().find("it needs 32GiB of memory") != std::string::npos);
}

TEST_CASE("what the scenario wants on the command line comes after ours") {
  Setting setting({1, 1, 2, 1});
  setting.to_run.kargs = {"isolcpus=1"};
  const std::string line = std::get<Launch>(setting.decided()).machine.command_line;
  CHECK(line.starts_with("console=ttyS0 rdinit=/init panic=-1 "));
  CHECK(line.ends_with(" isolcpus=1"));
}
