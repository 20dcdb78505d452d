// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/qemu/arguments.h"

#include <bit>

#include "base/overload.h"
#include "vmm/ram.h"

namespace ktstr::vmm::qemu {
namespace {

using topology::Topology;

constexpr std::uint32_t most_cpus = 255;     // Of the machine type.
constexpr std::uint32_t most_apic_id = 254;  // 255 is the broadcast; more needs an IOMMU.

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string mebibytes(Bytes size) {
  return number(size.count >> 20) + "M";
}

std::string file_of(int descriptor) {
  return "/proc/self/fd/" + number(static_cast<std::uint64_t>(descriptor));
}

/// QEMU separates options by commas; a doubled one is meant literally.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ',' ? ",," : std::string(1, c);
  return out;
}

/// APIC ids are bit fields of thread, core and socket, each wide enough for its count.
std::uint64_t highest_apic_id(const Topology& topology) {
  const auto width = [](std::uint32_t count) {
    return static_cast<std::uint32_t>(std::bit_width(count - 1));
  };
  const std::uint32_t threads = width(topology.threads);
  const std::uint32_t cores = width(topology.cores);
  return (std::uint64_t{topology.llc_count() - 1} << (threads + cores)) |
         (std::uint64_t{topology.cores - 1} << threads) | (topology.threads - 1);
}

class Line {
 public:
  void add(std::string option) { words_.push_back(std::move(option)); }
  void add(std::string option, std::string value) {
    words_.push_back(std::move(option));
    words_.push_back(std::move(value));
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

void add_machine(Line& line, const MachineConfig& config, bool parallel) {
  line.add("-name", escaped(config.name) + ",debug-threads=on");
  line.add("-nodefaults");
  line.add("-no-user-config");
  line.add("-display", "none");
  line.add("-no-reboot");
  line.add("-action", "panic=pause");
  line.add("-machine", "pc,max-ram-below-4g=" + mebibytes({ram_gap_start.raw}));
  line.add("-accel", std::string("tcg,tb-size=512,thread=") + (parallel ? "multi" : "single"));
  line.add("-cpu", "max,vendor=GenuineIntel,l3-cache=on");
}

void add_topology(Line& line, const Topology& topology, const std::vector<int>& descriptors) {
  line.add("-smp", number(topology.cpu_count()) + ",sockets=" + number(topology.llc_count()) +
                       ",cores=" + number(topology.cores) + ",threads=" + number(topology.threads));
  line.add("-m", "size=" + mebibytes(topology.memory()));
  for (std::size_t i = 0; i < topology.nodes.size(); ++i) {
    line.add("-object", "memory-backend-file,id=ram" + number(i) +
                            ",size=" + mebibytes(topology.nodes[i].memory) +
                            ",mem-path=" + file_of(descriptors[i]) + ",share=on");
    line.add("-numa", "node,nodeid=" + number(i) + ",memdev=ram" + number(i));
  }
  for (std::uint32_t llc = 0; llc < topology.llc_count(); ++llc)
    line.add("-numa",
             "cpu,node-id=" + number(topology.node_of_llc(llc)) + ",socket-id=" + number(llc));
  if (topology.distances.empty()) return;  // The kernel's own default is the same 10 and 20.
  for (std::uint32_t from = 0; from < topology.nodes.size(); ++from)
    for (std::uint32_t to = from + 1; to < topology.nodes.size(); ++to)
      line.add("-numa", "dist,src=" + number(from) + ",dst=" + number(to) +
                            ",val=" + number(topology.distance(from, to)));
}

std::string socket_chardev(const std::string& id, int descriptor) {
  return "socket,id=" + id + ",fd=" + number(static_cast<std::uint64_t>(descriptor));
}

/// `disk0` for the first of the machine's disks: what the guest reads as its id as well.
void add_disk(Line& line, const BlockDevice& disk, const std::string& name) {
  std::string drive = "if=none,format=raw,id=" + name + ",file=" + escaped(disk.path);
  if (disk.mode == DiskMode::read_only) drive += ",readonly=on";
  if (disk.mode == DiskMode::copy_on_write) drive += ",snapshot=on";
  if (disk.bytes_per_second)
    drive += ",throttling.bps-total=" + number(disk.bytes_per_second->count);
  if (disk.operations_per_second)
    drive += ",throttling.iops-total=" + number(*disk.operations_per_second);
  line.add("-drive", std::move(drive));
  line.add("-device", "virtio-blk-pci,drive=" + name + ",serial=" + name);
}

void add_devices(Line& line, const MachineConfig& config, const Descriptors& descriptors) {
  std::size_t disks = 0;
  const Overload add{
      [&](const VsockDevice&) {
        // The backend, not QEMU, knows the guest's CID.
        line.add("-chardev", socket_chardev("vsock", descriptors.vsock));
        line.add("-device", "vhost-user-vsock-pci,chardev=vsock");
      },
      [&](const ConsoleDevice&) {
        line.add("-chardev", socket_chardev("hvc", descriptors.virtio_console));
        line.add("-device", "virtio-serial-pci,max_ports=1");
        line.add("-device", "virtconsole,chardev=hvc");
      },
      [&](const RngDevice&) {
        line.add("-object", "rng-builtin,id=rng");
        line.add("-device", "virtio-rng-pci,rng=rng");
      },
      [&](const BlockDevice& disk) { add_disk(line, disk, "disk" + number(disks++)); }};
  for (const DeviceConfig& device : config.devices) std::visit(add, device);
}

}  // namespace

std::optional<std::string> obstacle(const MachineConfig& config) {
  const Topology& topology = config.topology;
  if (config.accelerator != Accelerator::tcg) return "QEMU is used to emulate only";
  if (const std::optional<std::string> flaw = topology::flaw(topology)) return flaw;
  const std::string name = to_text(topology);
  if (topology.cpu_count() > most_cpus)
    return name + " has " + number(topology.cpu_count()) + " CPUs, emulation offers " +
           number(most_cpus);
  if (const std::uint64_t id = highest_apic_id(topology); id > most_apic_id)
    return name + " needs APIC id " + number(id) + ", emulation offers up to " +
           number(most_apic_id);
  for (const topology::Node& node : topology.nodes) {
    if (node.memory.count == 0 || node.memory.count % (1_MiB).count != 0)
      return "the memory of a node is not a multiple of 1MiB";
    if (node.latency || node.bandwidth || node.cache)
      return "emulation does not describe memory latency, bandwidth or caches";
  }
  return flaw(config.devices);
}

Descriptors descriptors_for(const MachineConfig& config) {
  int next = 3;  // After the standard streams.
  Descriptors out;
  out.kernel = next++;
  if (!config.initramfs.empty()) out.initramfs = next++;
  out.console = next++;
  out.control = next++;
  if (device_of<VsockDevice>(config) != nullptr) out.vsock = next++;
  if (device_of<ConsoleDevice>(config) != nullptr) out.virtio_console = next++;
  for (std::size_t i = 0; i < config.topology.nodes.size(); ++i) out.nodes.push_back(next++);
  return out;
}

std::vector<std::string> qemu_arguments(const MachineConfig& config, bool parallel) {
  const Descriptors descriptors = descriptors_for(config);
  Line line;
  add_machine(line, config, parallel);
  add_topology(line, config.topology, descriptors.nodes);
  line.add("-kernel", file_of(descriptors.kernel));
  if (descriptors.initramfs >= 0) line.add("-initrd", file_of(descriptors.initramfs));
  line.add("-append", config.command_line);
  line.add("-chardev", socket_chardev("console", descriptors.console));
  line.add("-device", "isa-serial,chardev=console");
  line.add("-device", "pvpanic");
  line.add("-chardev", socket_chardev("control", descriptors.control));
  line.add("-mon", "chardev=control,mode=control");
  add_devices(line, config, descriptors);
  return line.take();
}

}  // namespace ktstr::vmm::qemu
