// SPDX-License-Identifier: GPL-2.0-only
// Mapping owns a region of this process's address space.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace ktstr {

class [[nodiscard]] Mapping {
 public:
  enum class Access { read, write, copy_on_write };

  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  /// Maps `size` bytes of `fd` from `offset`: shared for `read` and `write`, private otherwise.
  static Result<Mapping> of(const Fd& fd, Bytes size, Access access, Bytes offset = {});
  /// Anonymous zeroed memory shared with children.
  static Result<Mapping> anonymous_shared(Bytes size);

  [[nodiscard]] ByteSpan bytes() const { return {data_, size_}; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  Mapping(void* data, std::size_t size) : data_(static_cast<std::byte*>(data)), size_(size) {}

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ktstr
