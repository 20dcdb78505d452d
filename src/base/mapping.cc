// SPDX-License-Identifier: GPL-2.0-only
#include "base/mapping.h"

#include <utility>

#include <sys/mman.h>

namespace ktstr {

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Result<Mapping> Mapping::of(const Fd& fd, Bytes size, Access access, Bytes offset) {
  const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
  const int sharing = access == Access::copy_on_write ? MAP_PRIVATE : MAP_SHARED;
  void* data =
      ::mmap(nullptr, size.count, protection, sharing, fd.get(), static_cast<off_t>(offset.count));
  if (data == MAP_FAILED) return fail_errno("mmap of " + std::to_string(size.count) + " bytes");
  return Mapping(data, size.count);
}

Result<Mapping> Mapping::anonymous_shared(Bytes size) {
  void* data =
      ::mmap(nullptr, size.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return fail_errno("mmap of " + std::to_string(size.count) + " bytes");
  return Mapping(data, size.count);
}

}  // namespace ktstr
