// SPDX-License-Identifier: GPL-2.0-only
// The binary form of described values: integers as LEB128 (signed ones zigzag), doubles as eight
// bytes, text and lists behind their length, choices and enums by index, nothing for names. Both
// sides must have the same vocabulary; the fingerprint says whether they do. The decoder trusts
// nothing: lengths, counts, indices, nesting and the total number of values are bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "schema/describe.h"
#include "schema/type.h"

namespace ktstr::schema {

class Encoder {
 public:
  void integer(std::uint64_t value);        ///< LEB128.
  void signed_integer(std::int64_t value);  ///< Zigzag, then LEB128.
  void number(double value);
  void text(std::string_view value);
  /// Marks the whole encoding as impossible; the first reason wins.
  void refuse(std::string reason);

  [[nodiscard]] const std::string& refusal() const { return refusal_; }
  [[nodiscard]] Buffer& buffer() { return buffer_; }

 private:
  Buffer buffer_;
  std::string refusal_;
};

class Decoder {
 public:
  static constexpr std::size_t most_values = 4'000'000;
  static constexpr unsigned deepest = 96;

  explicit Decoder(ByteView bytes) : rest_(bytes) {}

  std::uint64_t integer();
  std::int64_t signed_integer();
  double number();
  std::string text();
  /// A count of items to follow, each of which takes part in the bound on values.
  std::size_t count();
  /// Marks the input as malformed; the first reason wins and every later read gives zero.
  void reject(std::string_view reason);

  [[nodiscard]] bool ok() const { return rejection_.empty(); }
  [[nodiscard]] const std::string& rejection() const { return rejection_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  ByteView rest_;
  std::size_t values_ = 0;
  std::string rejection_;
};

/// Fails when a value cannot go over the wire, such as an unresolved expression.
Result<Buffer> encode(ConstRef value);
/// Reads exactly one value that takes all of `bytes`; `into` is unspecified after a failure.
Status decode(ByteView bytes, Ref into);

template <class T>
Result<T> decode(ByteView bytes) {
  T value{};
  TRY(decode(bytes, ref_to(value)));
  return value;
}

}  // namespace ktstr::schema
