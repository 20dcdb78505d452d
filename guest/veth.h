// SPDX-License-Identifier: GPL-2.0-only
// Veth: a pair of virtual Ethernet devices, each of which receives what is sent over the other, in
// the network namespace of its maker. Frames pass the kernel's receive path in softirqs. Made and
// removed over rtnetlink (RFC 3549).
#pragma once

#include <utility>

#include "base/result.h"

namespace ktstr::guest {

class Veth {
 public:
  static constexpr const char* near = "ktstr0";
  static constexpr const char* far = "ktstr1";

  /// Both devices are up; those of an earlier run are taken over.
  static Result<Veth> make();
  Veth(Veth&& other) noexcept : owns_(std::exchange(other.owns_, false)) {}
  Veth& operator=(Veth&& other) noexcept {
    std::swap(owns_, other.owns_);
    return *this;
  }
  ~Veth();

 private:
  Veth() = default;
  bool owns_ = true;
};

}  // namespace ktstr::guest
