// SPDX-License-Identifier: GPL-2.0-only
// Shared<T>: a T with the semantics of a value whose copies are one object until one of them is
// changed.
#pragma once

#include <memory>
#include <utility>

namespace ktstr::schema {

template <class T>
class Shared {
 public:
  Shared() : Shared(T{}) {}
  Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}  // NOLINT: a T is a Shared<T>

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  /// For changing it; the copies stay as they are.
  T& change() {
    if (value_.use_count() != 1) value_ = std::make_shared<T>(*value_);
    return *value_;
  }
  bool operator==(const Shared& other) const {
    return value_ == other.value_ || *value_ == *other.value_;
  }

 private:
  std::shared_ptr<T> value_;
};

}  // namespace ktstr::schema
