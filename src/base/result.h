// SPDX-License-Identifier: GPL-2.0-only
// Result<T>: a value, or what the environment refused. An Error says what was attempted (with the
// path or name), the errno where there is one, and what the user can do about it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace ktstr {

struct Error {
  std::string what;  ///< What was attempted and on what: `open /dev/kvm`.
  int code = 0;      ///< errno, or 0 where none applies.
  std::string hint;  ///< What the user can do; may be empty.

  bool operator==(const Error&) const = default;
};

/// `what: strerror (hint)`, on one line.
std::string describe(const Error& error);

template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
  using Value = T;
};

using Status = Result<void>;

/// The failed Result for an environment error without an errno.
[[nodiscard]] tl::unexpected<Error> fail(std::string what, std::string hint = {});
/// The failed Result for the current errno; `what` names the call and its object.
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string what, std::string hint = {});
/// The failed Result for an explicit errno value.
[[nodiscard]] tl::unexpected<Error> fail_code(int code, std::string what, std::string hint = {});
/// Passes an error on, with the caller's context put before it: `context: what`.
[[nodiscard]] tl::unexpected<Error> fail_within(std::string_view context, Error error);

namespace detail {
template <class T>
T take(Result<T>& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

}  // namespace ktstr

/// Evaluates a Result; on failure returns its error from the enclosing function, else yields the
/// value.
#define TRY(expression)                                                      \
  __extension__({                                                            \
    auto try_result_ = (expression);                                         \
    if (!try_result_) return tl::unexpected(std::move(try_result_).error()); \
    ::ktstr::detail::take(try_result_);                                      \
  })
