// SPDX-License-Identifier: GPL-2.0-only
// Box<T>: a T on the heap with the semantics of a value, for types that contain themselves.
#pragma once

#include <memory>
#include <utility>

namespace ktstr::schema {

template <class T>
class Box {
 public:
  Box() : value_(std::make_unique<T>()) {}
  Box(T value) : value_(std::make_unique<T>(std::move(value))) {}  // NOLINT: a T is a Box<T>
  Box(const Box& other) : value_(std::make_unique<T>(*other.value_)) {}
  Box(Box&& other) : value_(std::make_unique<T>(std::move(*other.value_))) {}
  Box& operator=(Box other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }

  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  bool operator==(const Box& other) const { return *value_ == *other.value_; }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace ktstr::schema
