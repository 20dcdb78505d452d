// SPDX-License-Identifier: GPL-2.0-only
// What PID 1 does before it can talk: mounts, modules, priority, the connection to the host.
#pragma once

#include <string>

#include "base/fd.h"

namespace ktstr::guest {

Status mount_everything();
/// Inserts every module in the directory, in the order of the names; none where it is absent.
Status load_modules(const std::string& directory);
/// Locks memory and takes the highest real-time priority, which children do not inherit.
Status take_priority();
/// As many descriptors as may be: each worker takes two.
void raise_descriptor_limit();
/// AF_VSOCK to the host; tried again until `patience` is over, because the device may not be ready.
Result<Fd> connect_to_host(std::uint32_t port, Nanos patience);
/// Tells why on the console and in the kernel's log, in one line, and powers the machine off.
[[noreturn]] void die(const Error& error);

}  // namespace ktstr::guest
