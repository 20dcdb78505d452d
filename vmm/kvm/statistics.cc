// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/kvm/statistics.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "vmm/kvm/abi.h"

namespace ktstr::vmm::kvm {
namespace {

constexpr std::size_t largest = 1 << 20;  // Far more than any kernel describes.

Result<Buffer> read_at(const Fd& fd, std::size_t size, std::uint32_t offset) {
  if (size > largest) return fail("read KVM's statistics: they are too many");
  Buffer out(size);
  const ssize_t got = ::pread(fd.get(), out.data(), size, offset);
  if (got < 0) return fail_errno("read KVM's statistics");
  if (static_cast<std::size_t>(got) != size) return fail("read KVM's statistics: they end early");
  return out;
}

}  // namespace

Result<std::vector<Statistic>> read_statistics(const Fd& fd) {
  kvm_stats_header header;
  const Buffer head = TRY(read_at(fd, sizeof header, 0));
  std::memcpy(&header, head.data(), sizeof header);
  const std::size_t stride = sizeof(abi::StatisticHeader) + std::size_t{header.name_size};
  const Buffer described = TRY(read_at(fd, stride * header.num_desc, header.desc_offset));
  std::vector<Statistic> out;
  for (std::size_t i = 0; i < header.num_desc; ++i) {
    const ByteView one = ByteView(described).subspan(i * stride, stride);
    if (load_le<std::uint16_t>(one, offsetof(abi::StatisticHeader, size)) != 1) continue;
    const auto offset = load_le<std::uint32_t>(one, offsetof(abi::StatisticHeader, offset));
    const Buffer value = TRY(read_at(fd, sizeof(std::uint64_t), header.data_offset + offset));
    const std::string_view name = as_text(one.subspan(sizeof(abi::StatisticHeader)));
    out.push_back({std::string(name.substr(0, name.find('\0'))), load_le<std::uint64_t>(value)});
  }
  return out;
}

}  // namespace ktstr::vmm::kvm
