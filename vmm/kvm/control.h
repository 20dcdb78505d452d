// SPDX-License-Identifier: GPL-2.0-only
// ioctl on one of KVM's descriptors, its failure naming the request.
#pragma once

#include <sys/ioctl.h>

#include "base/fd.h"

namespace ktstr::vmm::kvm {

/// `argument` is what the request takes: a pointer or a number.
template <class Argument>
Result<int> control(const Fd& fd, unsigned long request, std::string_view name, Argument argument) {
  const int result = ::ioctl(fd.get(), request, argument);
  if (result < 0) return fail_errno(std::string(name));
  return result;
}

/// For requests that give nothing back.
template <class Argument>
Status command(const Fd& fd, unsigned long request, std::string_view name, Argument argument) {
  TRY(control(fd, request, name, argument));
  return {};
}

}  // namespace ktstr::vmm::kvm
