// SPDX-License-Identifier: GPL-2.0-only
// What work needs around it, of one type or of all that a program does.
#include "ir/case.h"
#include "schema/walk.h"

namespace ktstr::ir {

bool needs_network(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return requires { Type::needs_network; }; },
                    work);
}

bool needs_process(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return requires { Type::needs_process; }; },
                    work);
}

bool has_threads(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return requires { Type::has_threads; }; }, work);
}

std::optional<Count> nested_cgroups(const Work& work) {
  return std::visit(
      []<class Type>(const Type& type) -> std::optional<Count> {
        if constexpr (requires { type.nests(); })
          return type.nests();
        else
          return std::nullopt;
      },
      work);
}

bool any_work(const Program& program, const std::function<bool(const Work&)>& holds) {
  bool found = false;
  schema::walk(schema::cref_to(program), [&](schema::ConstRef value, const schema::Site&) {
    if (value.type == &schema::type_of<Work>())
      found = found || holds(*static_cast<const Work*>(value.data));
    return found ? schema::Descend::no : schema::Descend::yes;
  });
  return found;
}

}  // namespace ktstr::ir
