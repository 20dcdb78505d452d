// SPDX-License-Identifier: GPL-2.0-only
// Quantities and identifiers that must not be mixed up: time is std::chrono, sizes are Bytes, a
// guest's physical and virtual addresses and the CPUs of either side are types of their own.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace ktstr {

using Nanos = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// A distinct arithmetic-free number; `Tag` makes the type, `raw` is the value.
template <class Tag, class Rep>
struct Distinct {
  Rep raw{};

  constexpr Distinct() = default;
  constexpr explicit Distinct(Rep value) : raw(value) {}
  constexpr auto operator<=>(const Distinct&) const = default;
};

/// A size or offset in bytes.
struct Bytes {
  std::uint64_t count = 0;

  constexpr auto operator<=>(const Bytes&) const = default;
  constexpr Bytes operator+(Bytes other) const { return {count + other.count}; }
  constexpr Bytes operator*(std::uint64_t factor) const { return {count * factor}; }
};

constexpr Bytes operator""_KiB(unsigned long long n) {
  return {n << 10};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
  return {n << 20};
}
constexpr Bytes operator""_GiB(unsigned long long n) {
  return {n << 30};
}

using GuestPhys = Distinct<struct GuestPhysTag, std::uint64_t>;  ///< Guest-physical address (GPA).
using GuestVirt = Distinct<struct GuestVirtTag, std::uint64_t>;  ///< Guest-virtual address.
using GuestCpu = Distinct<struct GuestCpuTag, std::uint32_t>;    ///< vCPU index.
using HostCpu = Distinct<struct HostCpuTag, std::uint32_t>;      ///< CPU of this machine.

/// A fraction of something: 0.5 is 50 %. May exceed 1 where the context allows.
struct Share {
  double fraction = 0;

  constexpr auto operator<=>(const Share&) const = default;
};

}  // namespace ktstr
