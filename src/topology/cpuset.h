// SPDX-License-Identifier: GPL-2.0-only
// CpuSet: a set of CPU (or node) numbers in the kernel's list format, `0-3,8`.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/codec.h"
#include "schema/record.h"

namespace ktstr::topology {

class CpuSet {
 public:
  /// One past the largest number a set can hold; the kernel's NR_CPUS limit on x86-64.
  static constexpr std::uint32_t limit = 8192;

  CpuSet() = default;
  CpuSet(std::initializer_list<std::uint32_t> cpus);
  /// The numbers first … last - 1.
  static CpuSet range(std::uint32_t first, std::uint32_t last);
  /// Reads `0-3,8`, spaces and a trailing newline allowed, "" being the empty set; nullopt for
  /// anything else.
  static std::optional<CpuSet> parse(std::string_view list);

  void add(std::uint32_t cpu);
  void remove(std::uint32_t cpu);
  [[nodiscard]] bool contains(std::uint32_t cpu) const;
  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] std::uint32_t count() const;
  [[nodiscard]] std::uint32_t first() const;  ///< Only when not empty.
  [[nodiscard]] bool subset_of(const CpuSet& other) const;
  /// All members, ascending.
  [[nodiscard]] std::vector<std::uint32_t> members() const;

  CpuSet operator|(const CpuSet& other) const;
  CpuSet operator&(const CpuSet& other) const;
  CpuSet operator-(const CpuSet& other) const;
  bool operator==(const CpuSet&) const = default;

 private:
  void trim();

  std::vector<std::uint64_t> words_;  // No trailing zero words, so that == is equality of sets.
};

/// `0-3,8`; empty for the empty set.
std::string to_text(const CpuSet& set);

}  // namespace ktstr::topology

template <>
struct ktstr::schema::Scalar<ktstr::topology::CpuSet> {
  static constexpr std::string_view name = "cpulist";
  static constexpr std::string_view doc = "CPU numbers in the kernel's list format.";
  static constexpr std::string_view pattern = R"(^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$)";
  static constexpr std::string_view example = "0-3,8";
  static std::string print(const topology::CpuSet& set) { return to_text(set); }
  static void encode(const topology::CpuSet& set, Encoder& out);
  static void decode(topology::CpuSet& set, Decoder& in);
};
