// SPDX-License-Identifier: GPL-2.0-only
// Byte spans and little-endian scalars. Everything that crosses a machine or file boundary goes
// through `load_le` and `store_le`, which neither require alignment nor alias.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ktstr {

using ByteView = std::span<const std::byte>;
using ByteSpan = std::span<std::byte>;
using Buffer = std::vector<std::byte>;

static_assert(std::endian::native == std::endian::little, "big-endian hosts are not supported");

/// Aborts unless `[offset, offset + size)` lies within `have` bytes.
void check_bounds(std::size_t offset, std::size_t size, std::size_t have) noexcept;

/// Reads a little-endian scalar at `offset`; the caller has made sure that it is there.
template <std::integral T>
T load_le(ByteView bytes, std::size_t offset = 0) {
  check_bounds(offset, sizeof(T), bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <std::integral T>
void store_le(ByteSpan bytes, std::size_t offset, T value) {
  check_bounds(offset, sizeof(T), bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <std::integral T>
void append_le(Buffer& out, T value) {
  const auto* raw = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), raw, raw + sizeof value);
}

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An object whose representation has no padding and may be copied as bytes.
template <class T>
concept Wire = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

template <Wire T>
ByteView object_bytes(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

}  // namespace ktstr
