// SPDX-License-Identifier: GPL-2.0-only
// For std::visit: one callable out of several, each alternative named once.
#pragma once

namespace ktstr {

template <class... Callables>
struct Overload : Callables... {
  using Callables::operator()...;
};
template <class... Callables>
Overload(Callables...) -> Overload<Callables...>;  // clang 16 does not deduce it for an aggregate.

}  // namespace ktstr
