// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "base/fd.h"
#include "support/temporary_directory.h"
#include "vmm/qemu/arguments.h"
#include "vmm/qemu/version.h"

using namespace ktstr;
using vmm::MachineConfig;
using vmm::qemu::obstacle;
using vmm::qemu::qemu_arguments;

namespace {

MachineConfig config_of(topology::Topology topology) {
  MachineConfig config;
  config.topology = topology::with_memory(std::move(topology), std::nullopt);
  config.kernel = {"/boot/vmlinux", vmm::KernelFormat::vmlinux};
  config.initramfs = "/proc/self/fd/17";
  config.command_line = "console=ttyS0 quiet";
  config.devices = {vmm::VsockDevice{.guest_cid = 3, .listen = {9000}}};
  return config;
}

MachineConfig config_of(topology::Shape shape) {
  return config_of(topology::expand(shape).value());
}

/// An option a line, its value beside it.
std::string as_text(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (word.starts_with("-") && !out.empty() ? "\n" : out.empty() ? "" : " ") + word;
  return out + "\n";
}

/// The lines that differ between machines: those of the topology.
std::string topology_text(const MachineConfig& config) {
  std::istringstream lines(as_text(qemu_arguments(config, true)));
  std::string out;
  for (std::string line; std::getline(lines, line);)
    for (const std::string_view option : {"-smp ", "-m ", "-object ", "-numa "})
      if (line.starts_with(option)) out += line + "\n";
  return out;
}

}  // namespace

TEST_CASE("the whole command line of a small machine") {
  CHECK(as_text(qemu_arguments(config_of({1, 1, 2, 1}), true)) ==
        R"(-name ktstr,debug-threads=on
-nodefaults
-no-user-config
-display none
-no-reboot
-action panic=pause
-machine pc,max-ram-below-4g=3072M
-accel tcg,tb-size=512,thread=multi
-cpu max,vendor=GenuineIntel,l3-cache=on
-smp 2,sockets=1,cores=2,threads=1
-m size=1024M
-object memory-backend-file,id=ram0,size=1024M,mem-path=/proc/self/fd/8,share=on
-numa node,nodeid=0,memdev=ram0
-numa cpu,node-id=0,socket-id=0
-kernel /proc/self/fd/3
-initrd /proc/self/fd/4
-append console=ttyS0 quiet
-chardev socket,id=console,fd=5
-device isa-serial,chardev=console
-device pvpanic
-chardev socket,id=control,fd=6
-mon chardev=control,mode=control
-chardev socket,id=vsock,fd=7
-device vhost-user-vsock-pci,chardev=vsock
)");
}

TEST_CASE("what is not asked for is not on the command line") {
  MachineConfig config = config_of({1, 1, 2, 1});
  config.initramfs.clear();
  config.devices.clear();
  config.name = "odd, name";
  const std::string text = as_text(qemu_arguments(config, false));
  CHECK(text.find("-initrd") == std::string::npos);
  CHECK(text.find("vsock") == std::string::npos);
  CHECK(text.find("thread=single") != std::string::npos);
  CHECK(text.find("-name odd,, name,debug-threads=on\n") != std::string::npos);
  CHECK(text.find("mem-path=/proc/self/fd/6,") != std::string::npos);
}

TEST_CASE("every device of a configuration is one of QEMU's own") {
  MachineConfig config = config_of({1, 1, 2, 1});
  config.devices = {
      vmm::VsockDevice{},
      vmm::ConsoleDevice{},
      vmm::RngDevice{},
      vmm::BlockDevice{.path = "/a,b.img"},
      vmm::BlockDevice{.path = "/c", .mode = vmm::DiskMode::read_only, .bytes_per_second = 1_MiB},
      vmm::BlockDevice{
          .path = "/d", .mode = vmm::DiskMode::read_write, .operations_per_second = 100},
  };
  const std::string text = as_text(qemu_arguments(config, true));
  CHECK(text.substr(text.find("-chardev socket,id=vsock")) == R"(-chardev socket,id=vsock,fd=7
-device vhost-user-vsock-pci,chardev=vsock
-chardev socket,id=hvc,fd=8
-device virtio-serial-pci,max_ports=1
-device virtconsole,chardev=hvc
-object rng-builtin,id=rng
-device virtio-rng-pci,rng=rng
-drive if=none,format=raw,id=disk0,file=/a,,b.img,snapshot=on
-device virtio-blk-pci,drive=disk0,serial=disk0
-drive if=none,format=raw,id=disk1,file=/c,readonly=on,throttling.bps-total=1048576
-device virtio-blk-pci,drive=disk1,serial=disk1
-drive if=none,format=raw,id=disk2,file=/d,throttling.iops-total=100
-device virtio-blk-pci,drive=disk2,serial=disk2
)");
  CHECK(text.find("mem-path=/proc/self/fd/9,") != std::string::npos);
}

TEST_CASE("one socket per LLC, in its node") {
  CHECK(topology_text(config_of({1, 2, 4, 2})) == R"(-smp 16,sockets=2,cores=4,threads=2
-m size=1024M
-object memory-backend-file,id=ram0,size=1024M,mem-path=/proc/self/fd/8,share=on
-numa node,nodeid=0,memdev=ram0
-numa cpu,node-id=0,socket-id=0
-numa cpu,node-id=0,socket-id=1
)");
  CHECK(topology_text(config_of({2, 4, 2, 1})) == R"(-smp 8,sockets=4,cores=2,threads=1
-m size=1024M
-object memory-backend-file,id=ram0,size=512M,mem-path=/proc/self/fd/8,share=on
-numa node,nodeid=0,memdev=ram0
-object memory-backend-file,id=ram1,size=512M,mem-path=/proc/self/fd/9,share=on
-numa node,nodeid=1,memdev=ram1
-numa cpu,node-id=0,socket-id=0
-numa cpu,node-id=0,socket-id=1
-numa cpu,node-id=1,socket-id=2
-numa cpu,node-id=1,socket-id=3
)");
}

TEST_CASE("nodes of unequal shape, a memory-only node, distances") {
  topology::Topology topology;
  topology.nodes = {{.llcs = 3}, {.llcs = 1, .memory = 1_GiB}, {.llcs = 0, .memory = 384_MiB}};
  topology.cores = 1;
  topology.distances = {{10, 15, 30}, {15, 10, 40}, {30, 40, 10}};
  CHECK(topology_text(config_of(topology)) == R"(-smp 4,sockets=4,cores=1,threads=1
-m size=1536M
-object memory-backend-file,id=ram0,size=128M,mem-path=/proc/self/fd/8,share=on
-numa node,nodeid=0,memdev=ram0
-object memory-backend-file,id=ram1,size=1024M,mem-path=/proc/self/fd/9,share=on
-numa node,nodeid=1,memdev=ram1
-object memory-backend-file,id=ram2,size=384M,mem-path=/proc/self/fd/10,share=on
-numa node,nodeid=2,memdev=ram2
-numa cpu,node-id=0,socket-id=0
-numa cpu,node-id=0,socket-id=1
-numa cpu,node-id=0,socket-id=2
-numa cpu,node-id=1,socket-id=3
-numa dist,src=0,dst=1,val=15
-numa dist,src=0,dst=2,val=30
-numa dist,src=1,dst=2,val=40
)");
}

TEST_CASE("what QEMU cannot realise has a reason") {
  CHECK(obstacle(config_of({1, 1, 2, 1})) == std::nullopt);
  CHECK(obstacle(config_of({1, 1, 254, 1})) == std::nullopt);
  CHECK(obstacle(config_of({4, 16, 16, 1})) == "4n16l16c1t has 256 CPUs, emulation offers 255");
  // 5 LLCs of 33 cores: the cores take 6 bits of the APIC id.
  CHECK(obstacle(config_of({1, 5, 33, 1})) ==
        "1n5l33c1t needs APIC id 288, emulation offers up to 254");

  MachineConfig config = config_of({1, 1, 2, 1});
  config.accelerator = vmm::Accelerator::kvm;
  CHECK(obstacle(config) == "QEMU is used to emulate only");
  config = config_of({1, 1, 2, 1});
  config.topology.nodes[0].latency = 80ns;
  CHECK(obstacle(config) == "emulation does not describe memory latency, bandwidth or caches");
  config.topology.nodes[0] = {.llcs = 1, .memory = Bytes{1000}};
  CHECK(obstacle(config) == "the memory of a node is not a multiple of 1MiB");
  config = config_of({1, 1, 2, 1});
  config.devices.emplace_back(vmm::VsockDevice{});
  CHECK(obstacle(config) == "a machine has one device of each kind, disks aside");
  config.devices = {vmm::BlockDevice{}};
  CHECK(obstacle(config) == "a disk without an image");
  config.devices.assign(26, vmm::BlockDevice{.path = "/image"});
  CHECK(obstacle(config) == std::nullopt);
  config.devices.emplace_back(vmm::BlockDevice{.path = "/image"});
  CHECK(obstacle(config) == "a machine has at most 26 disks");
}

TEST_CASE("versions of QEMU") {
  using vmm::qemu::parse_version;
  using vmm::qemu::Version;
  CHECK(parse_version("QEMU emulator version 10.0.2 (Debian 1:10.0.2)\nCopyright") ==
        Version{10, 0, 2});
  CHECK(parse_version("QEMU emulator version 7.2.22\n") == Version{7, 2, 22});
  CHECK(parse_version("QEMU emulator version 10\n") == std::nullopt);
  CHECK(parse_version("QEMU emulator version 99999999999.0.0") == std::nullopt);
  CHECK(parse_version("") == std::nullopt);
  CHECK(Version{7, 2, 22} < vmm::qemu::oldest_parallel);
  CHECK(Version{10, 0, 0} >= vmm::qemu::oldest_parallel);
}

TEST_CASE("a program is asked for its version once, and again when it was replaced") {
  const TemporaryDirectory directory;
  const std::string program = directory / "qemu", memo = directory / "memo",
                    calls = directory / "calls";
  const auto install = [&](const std::string& version) {
    const std::string script =
        "#!/bin/sh\necho x >>" + calls + "\necho QEMU emulator version " + version + "\n";
    REQUIRE(write_file_atomically(program, as_bytes(script), 0755));
  };
  const auto asked = [&] { return std::ranges::count(read_text(calls).value(), '\n'); };
  install("10.0.2");
  CHECK(vmm::qemu::version_of(program, memo).value() == vmm::qemu::Version{10, 0, 2});
  CHECK(vmm::qemu::version_of(program, memo).value() == vmm::qemu::Version{10, 0, 2});
  CHECK(asked() == 1);
  CHECK(vmm::qemu::version_of(program, "").value() == vmm::qemu::Version{10, 0, 2});
  CHECK(asked() == 2);
  install("7.2.22");
  CHECK(vmm::qemu::version_of(program, memo).value() == vmm::qemu::Version{7, 2, 22});
  CHECK(asked() == 3);
  REQUIRE(write_file_atomically(memo, as_bytes("nonsense")));
  CHECK(vmm::qemu::version_of(program, memo).value() == vmm::qemu::Version{7, 2, 22});
  install("1.0.0");
  CHECK_FALSE(vmm::qemu::version_of(program, memo));
  CHECK_FALSE(vmm::qemu::version_of(program, memo));
}
