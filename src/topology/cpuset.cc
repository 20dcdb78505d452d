// SPDX-License-Identifier: GPL-2.0-only
#include "topology/cpuset.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <numeric>

#include "base/check.h"

namespace ktstr::topology {
namespace {

constexpr std::uint32_t word_bits = 64;

std::uint64_t bit(std::uint32_t cpu) {
  return std::uint64_t{1} << (cpu % word_bits);
}

/// Takes a number below CpuSet::limit off the front.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value >= CpuSet::limit) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view stripped(std::string_view text) {
  constexpr std::string_view blank = " \t\n";
  const std::size_t start = text.find_first_not_of(blank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blank) - start + 1);
}

}  // namespace

CpuSet::CpuSet(std::initializer_list<std::uint32_t> cpus) {
  for (const std::uint32_t cpu : cpus) add(cpu);
}

CpuSet CpuSet::range(std::uint32_t first, std::uint32_t last) {
  CpuSet out;
  if (first >= last) return out;
  CHECK(last <= limit);
  const std::size_t begin = first / word_bits, end = (last - 1) / word_bits;
  out.words_.resize(end + 1);
  std::fill(out.words_.begin() + static_cast<std::ptrdiff_t>(begin), out.words_.end(),
            ~std::uint64_t{0});
  out.words_[begin] &= ~std::uint64_t{0} << first % word_bits;
  out.words_[end] &= ~std::uint64_t{0} >> (word_bits - 1 - (last - 1) % word_bits);
  return out;
}

std::optional<CpuSet> CpuSet::parse(std::string_view list) {
  CpuSet out;
  list = stripped(list);
  while (!list.empty()) {
    const std::optional<std::uint32_t> first = take_number(list);
    std::optional<std::uint32_t> last = first;
    if (first && list.starts_with('-')) {
      list.remove_prefix(1);
      last = take_number(list);
    }
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) out.add(cpu);
    if (list.empty()) break;
    if (!list.starts_with(',') || list.size() == 1) return std::nullopt;
    list.remove_prefix(1);
  }
  return out;
}

void CpuSet::add(std::uint32_t cpu) {
  CHECK(cpu < limit);
  if (cpu / word_bits >= words_.size()) words_.resize(cpu / word_bits + 1);
  words_[cpu / word_bits] |= bit(cpu);
}

void CpuSet::remove(std::uint32_t cpu) {
  if (cpu / word_bits >= words_.size()) return;
  words_[cpu / word_bits] &= ~bit(cpu);
  trim();
}

bool CpuSet::contains(std::uint32_t cpu) const {
  return cpu / word_bits < words_.size() && (words_[cpu / word_bits] & bit(cpu)) != 0;
}

std::uint32_t CpuSet::count() const {
  return std::accumulate(words_.begin(), words_.end(), 0U,
                         [](std::uint32_t sum, std::uint64_t word) {
                           return sum + static_cast<std::uint32_t>(std::popcount(word));
                         });
}

std::uint32_t CpuSet::first() const {
  CHECK(!empty());
  const auto word = std::ranges::find_if(words_, [](std::uint64_t bits) { return bits != 0; });
  return static_cast<std::uint32_t>(word - words_.begin()) * word_bits +
         static_cast<std::uint32_t>(std::countr_zero(*word));
}

bool CpuSet::subset_of(const CpuSet& other) const {
  return (*this - other).empty();
}

std::vector<std::uint32_t> CpuSet::members() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < words_.size(); ++i)
    for (std::uint64_t left = words_[i]; left != 0; left &= left - 1)
      out.push_back(i * word_bits + static_cast<std::uint32_t>(std::countr_zero(left)));
  return out;
}

CpuSet CpuSet::operator|(const CpuSet& other) const {
  CpuSet out = words_.size() >= other.words_.size() ? *this : other;
  const CpuSet& shorter = words_.size() >= other.words_.size() ? other : *this;
  for (std::size_t i = 0; i < shorter.words_.size(); ++i) out.words_[i] |= shorter.words_[i];
  return out;
}

CpuSet CpuSet::operator&(const CpuSet& other) const {
  CpuSet out = *this;
  out.words_.resize(std::min(words_.size(), other.words_.size()));
  for (std::size_t i = 0; i < out.words_.size(); ++i) out.words_[i] &= other.words_[i];
  out.trim();
  return out;
}

CpuSet CpuSet::operator-(const CpuSet& other) const {
  CpuSet out = *this;
  for (std::size_t i = 0; i < std::min(words_.size(), other.words_.size()); ++i)
    out.words_[i] &= ~other.words_[i];
  out.trim();
  return out;
}

void CpuSet::trim() {
  while (!words_.empty() && words_.back() == 0) words_.pop_back();
}

std::string to_text(const CpuSet& set) {
  std::string out;
  const std::vector<std::uint32_t> members = set.members();
  for (std::size_t i = 0; i < members.size();) {
    std::size_t last = i;
    while (last + 1 < members.size() && members[last + 1] == members[last] + 1) ++last;
    if (!out.empty()) out += ',';
    out += std::to_string(members[i]);
    if (last > i) out += '-' + std::to_string(members[last]);
    i = last + 1;
  }
  return out;
}

}  // namespace ktstr::topology

namespace ktstr::schema {

void Scalar<topology::CpuSet>::encode(const topology::CpuSet& set, Encoder& out) {
  out.text(to_text(set));
}

void Scalar<topology::CpuSet>::decode(topology::CpuSet& set, Decoder& in) {
  if (std::optional<topology::CpuSet> parsed = topology::CpuSet::parse(in.text()))
    set = *std::move(parsed);
  else
    in.reject("a CPU list is malformed");
}

}  // namespace ktstr::schema
