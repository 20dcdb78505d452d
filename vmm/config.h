// SPDX-License-Identifier: GPL-2.0-only
// MachineConfig: everything about a machine that is decided before it boots, as pure data. `plan`
// makes it, a Monitor (vmm/machine.h) realises it. To add a device, add its struct here, its name
// to DeviceConfig, and let the compiler show what else it takes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/record.h"
#include "schema/scalars.h"
#include "topology/topology.h"

namespace ktstr::vmm {

enum class Accelerator { kvm, tcg };

enum class KernelFormat { vmlinux, bz_image };

struct Kernel {
  std::string path;
  KernelFormat format = KernelFormat::vmlinux;

  bool operator==(const Kernel&) const = default;
  static constexpr auto schema =
      schema::record("kernel_image", "The kernel a machine boots.",
                     schema::Field{"path", &Kernel::path, "Its file.", schema::required},
                     schema::Field{"format", &Kernel::format, "What the file is."});
};

/// A virtio socket device. The guest reaches the host at CID 2.
struct VsockDevice {
  std::uint32_t guest_cid = 3;
  std::vector<std::uint32_t> listen{};  ///< Host ports; connections to others are refused.

  bool operator==(const VsockDevice&) const = default;
  static constexpr auto schema = schema::record(
      "vsock", "A virtio socket device.",
      schema::Field{"guest_cid", &VsockDevice::guest_cid, "The guest's context id.",
                    schema::range(3, 4294967294.0)},
      schema::Field{"listen", &VsockDevice::listen, "Ports the host accepts connections on."});
};

/// A virtio console, `hvc0`; what the guest writes to it joins the machine's console.
struct ConsoleDevice {
  bool operator==(const ConsoleDevice&) const = default;
  static constexpr auto schema = schema::record("console", "A virtio console.");
};

/// A virtio source of random numbers.
struct RngDevice {
  bool operator==(const RngDevice&) const = default;
  static constexpr auto schema = schema::record("rng", "A virtio source of random numbers.");
};

enum class DiskMode { read_write, read_only, copy_on_write };

/// A virtio disk: `vda`, `vdb`, … in the order of the configuration.
struct BlockDevice {
  std::string path{};
  DiskMode mode = DiskMode::copy_on_write;
  std::optional<Bytes> bytes_per_second{};
  std::optional<std::uint64_t> operations_per_second{};

  bool operator==(const BlockDevice&) const = default;
  static constexpr auto schema = schema::record(
      "block", "A virtio disk.",
      schema::Field{"path", &BlockDevice::path, "A raw image, whole sectors of 512 bytes.",
                    schema::required},
      schema::Field{"mode", &BlockDevice::mode, "What becomes of writes."},
      schema::Field{"bytes_per_second", &BlockDevice::bytes_per_second,
                    "How much it moves, reading and writing together; unlimited when absent."},
      schema::Field{"operations_per_second", &BlockDevice::operations_per_second,
                    "How many requests it serves; unlimited when absent.", schema::range(1, 1e9)});
};

using DeviceConfig = std::variant<VsockDevice, ConsoleDevice, RngDevice, BlockDevice>;

/// How a machine gets CPUs and memory of the host to itself. What the accelerator or the host
/// cannot do was left out when this was decided.
struct Performance {
  std::vector<std::uint32_t> vcpu_cpus{};  ///< The host CPU of each vCPU's thread.
  topology::CpuSet service_cpus{};         ///< Host CPUs of all other threads.
  /// The host nodes that give each node's memory; empty: any. One per node of the topology.
  std::vector<topology::CpuSet> node_bindings{};
  bool hugepages = false;      ///< The memory is pages of 2 MiB from the host's pool.
  std::uint32_t priority = 0;  ///< The vCPUs' SCHED_FIFO priority; 0: as any other task.
  /// The guest's HLT and PAUSE do not leave the vCPU, and KVM_HINTS_REALTIME says so.
  bool keep_running = false;

  bool operator==(const Performance&) const = default;
  static constexpr auto schema = schema::record(
      "performance", "How a machine gets CPUs and memory of the host to itself.",
      schema::Field{"vcpu_cpus", &Performance::vcpu_cpus, "The host CPU of each vCPU."},
      schema::Field{"service_cpus", &Performance::service_cpus,
                    "Host CPUs of the machine's other threads."},
      schema::Field{"node_bindings", &Performance::node_bindings,
                    "The host nodes that give each node's memory."},
      schema::Field{"hugepages", &Performance::hugepages, "Whether memory is huge pages."},
      schema::Field{"priority", &Performance::priority,
                    "The vCPUs' SCHED_FIFO priority; 0 when they are ordinary tasks.",
                    schema::range(0, 99)},
      schema::Field{"keep_running", &Performance::keep_running,
                    "Whether idle and spinning vCPUs keep their CPU."});
};

struct MachineConfig {
  std::string name = "ktstr";  ///< Shows in the process list and in errors.
  Accelerator accelerator = Accelerator::tcg;
  topology::Topology topology{};  ///< Every node's memory is decided.
  Kernel kernel{};
  std::string initramfs{};  ///< A path; `/proc/self/fd/N` for one that has no name. May be empty.
  std::string command_line{};           ///< The kernel's.
  std::vector<DeviceConfig> devices{};  ///< At most one of each kind but disks.
  Bytes console_limit = 4_MiB;          ///< What is kept of the console.
  topology::CpuSet cpus{};              ///< Host CPUs its threads may use; empty: any.
  std::optional<Performance> performance{};

  bool operator==(const MachineConfig&) const = default;
  static constexpr auto schema = schema::record(
      "machine", "A virtual machine as it is booted.",
      schema::Field{"name", &MachineConfig::name, "Its name."},
      schema::Field{"accelerator", &MachineConfig::accelerator, "How its CPUs are run."},
      schema::Field{"topology", &MachineConfig::topology, "Its CPUs and memory."},
      schema::Field{"kernel", &MachineConfig::kernel, "The kernel it boots."},
      schema::Field{"initramfs", &MachineConfig::initramfs, "The initramfs it boots with."},
      schema::Field{"command_line", &MachineConfig::command_line, "The kernel command line."},
      schema::Field{"devices", &MachineConfig::devices, "Its devices beside the console."},
      schema::Field{"console_limit", &MachineConfig::console_limit,
                    "How much console output is kept: its beginning and its end."},
      schema::Field{"cpus", &MachineConfig::cpus, "Host CPUs it may use; any when empty."},
      schema::Field{"performance", &MachineConfig::performance,
                    "How it gets CPUs and memory to itself."});
};

/// The machine's device of a kind, or null; the first of several.
template <class Device>
const Device* device_of(const MachineConfig& config) {
  for (const DeviceConfig& device : config.devices)
    if (const Device* found = std::get_if<Device>(&device)) return found;
  return nullptr;
}

/// What is wrong with a machine's devices, as one sentence; whatever runs it.
inline std::optional<std::string> flaw(const std::vector<DeviceConfig>& devices) {
  std::array<std::size_t, std::variant_size_v<DeviceConfig>> counts{};
  for (const DeviceConfig& device : devices) {
    const bool again = ++counts[device.index()] > 1;
    if (again && !std::holds_alternative<BlockDevice>(device))
      return "a machine has one device of each kind, disks aside";
    const auto* disk = std::get_if<BlockDevice>(&device);
    if (disk != nullptr && disk->path.empty()) return "a disk without an image";
    if (disk != nullptr && counts[device.index()] > 26) return "a machine has at most 26 disks";
  }
  return std::nullopt;
}

}  // namespace ktstr::vmm

template <>
inline constexpr auto ktstr::schema::words<ktstr::vmm::Accelerator> = std::array{
    Word{"kvm", "On the processor, by the kernel's virtual machines."},
    Word{"tcg", "Emulated by QEMU."},
};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::vmm::Accelerator>{
    "accelerator", "How a machine's CPUs are run."};

template <>
inline constexpr auto ktstr::schema::words<ktstr::vmm::KernelFormat> = std::array{
    Word{"vmlinux", "An ELF kernel with a PVH entry."},
    Word{"bz_image", "A compressed kernel with the Linux boot protocol's header."},
};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::vmm::KernelFormat>{
    "kernel_format", "The form of a kernel's file."};

template <>
inline constexpr auto ktstr::schema::words<ktstr::vmm::DiskMode> = std::array{
    Word{"read_write", "They change the image."},
    Word{"read_only", "There are none."},
    Word{"copy_on_write", "They last as long as the machine."},
};
template <>
inline constexpr ktstr::schema::Word ktstr::schema::enum_info<ktstr::vmm::DiskMode>{
    "disk_mode", "What becomes of writes to a disk."};

template <>
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::vmm::DeviceConfig>{
    "device", "A device of a machine."};
