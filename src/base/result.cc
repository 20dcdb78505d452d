// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace ktstr {

std::string describe(const Error& error) {
  std::string text = error.what;
  if (error.code != 0) text += ": " + std::generic_category().message(error.code);
  if (!error.hint.empty()) text += " (" + error.hint + ")";
  return text;
}

tl::unexpected<Error> fail(std::string what, std::string hint) {
  return fail_code(0, std::move(what), std::move(hint));
}

tl::unexpected<Error> fail_errno(std::string what, std::string hint) {
  return fail_code(errno, std::move(what), std::move(hint));
}

tl::unexpected<Error> fail_code(int code, std::string what, std::string hint) {
  return tl::unexpected(Error{std::move(what), code, std::move(hint)});
}

tl::unexpected<Error> fail_within(std::string_view context, Error error) {
  error.what = std::string(context) + ": " + error.what;
  return tl::unexpected(std::move(error));
}

}  // namespace ktstr
