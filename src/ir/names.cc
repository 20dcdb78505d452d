// SPDX-License-Identifier: GPL-2.0-only
// What is asked of every op and work type alike, and of all work of a program.
#include "ir/case.h"
#include "schema/walk.h"

namespace ktstr::ir {

std::string_view name_of(const Op& op) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, op);
}

std::string_view name_of(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return Type::schema.name; }, work);
}

std::uint32_t group_size(const Work& work) {
  return std::visit(
      []<class Type>(const Type&) -> std::uint32_t {
        if constexpr (requires { Type::group_size; })
          return Type::group_size;
        else
          return 1;
      },
      work);
}

bool needs_network(const Work& work) {
  return std::visit([]<class Type>(const Type&) { return requires { Type::needs_network; }; },
                    work);
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
