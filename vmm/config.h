// SPDX-License-Identifier: GPL-2.0-only
// MachineConfig: everything about a machine that is decided before it boots, as pure data. `plan`
// makes it, a Monitor (vmm/machine.h) realises it. To add a device, add its struct here, its name
// to DeviceConfig, and let the compiler show what else it takes.
#pragma once

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

using DeviceConfig = std::variant<VsockDevice>;

struct MachineConfig {
  std::string name = "ktstr";  ///< Shows in the process list and in errors.
  Accelerator accelerator = Accelerator::tcg;
  topology::Topology topology{};  ///< Every node's memory is decided.
  Kernel kernel{};
  std::string initramfs{};  ///< A path; `/proc/self/fd/N` for one that has no name. May be empty.
  std::string command_line{};           ///< The kernel's.
  std::vector<DeviceConfig> devices{};  ///< At most one of each kind.
  Bytes console_limit = 4_MiB;          ///< What is kept of the console.

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
                    "How much console output is kept: its beginning and its end."});
};

/// The machine's device of a kind, or null.
template <class Device>
const Device* device_of(const MachineConfig& config) {
  for (const DeviceConfig& device : config.devices)
    if (const Device* found = std::get_if<Device>(&device)) return found;
  return nullptr;
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
inline constexpr ktstr::schema::ChoiceInfo ktstr::schema::choice_info<ktstr::vmm::DeviceConfig>{
    "device", "A device of a machine."};
