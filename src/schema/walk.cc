// SPDX-License-Identifier: GPL-2.0-only
#include "schema/walk.h"

#include "base/overload.h"
#include "schema/tree.h"

namespace ktstr::schema {

namespace {

class Walker {
 public:
  explicit Walker(const std::function<Descend(Ref, const Site&)>& visit) : visit_(visit) {}

  void at(const Type& type, void* data, const Site& site) {
    if (visit_({&type, data}, site) == Descend::no) return;
    std::visit(Overload{
                   [](const BooleanShape&) {},
                   [](const NumberShape&) {},
                   [](const TextShape&) {},
                   [](const IntegerShape&) {},
                   [](const ScalarShape&) {},
                   [](const EnumerationShape&) {},
                   [&](const DeferredShape& shape) {
                     if (shape.resolved(data)) at(shape.literal_type(), shape.literal(data), site);
                   },
                   [&](const RecordShape& shape) {
                     for (const FieldType& field : shape.fields)
                       at(field.type(), field.get(data), {Path(site.path, field.name), &field});
                   },
                   [&](const OptionalShape& shape) {
                     if (shape.has(data)) at(shape.value_type(), shape.get(data), site);
                   },
                   [&](const ListShape& shape) {
                     for (std::size_t i = 0; i < shape.size(data); ++i)
                       at(shape.item_type(), shape.at(data, i), {Path(site.path, i), site.field});
                   },
                   [&](const DictShape& shape) {
                     for (std::size_t i = 0; i < shape.size(data); ++i)
                       at(shape.value_type(), shape.at(data, i),
                          {Path(site.path, shape.key(data, i)), site.field});
                   },
                   [&](const ChoiceShape& shape) {
                     const Type& alternative = shape.alternatives[shape.index(data)]();
                     if (shape.tagging == Tagging::by_shape)
                       at(alternative, shape.get(data), site);
                     else
                       at(alternative, shape.get(data),
                          {Path(site.path, word_of(alternative)), site.field});
                   },
                   [&](const BoxShape& shape) { at(shape.value_type(), shape.get(data), site); },
               },
               type.shape);
  }

 private:
  const std::function<Descend(Ref, const Site&)>& visit_;
};

}  // namespace

void walk(Ref root, const std::function<Descend(Ref, const Site&)>& visit) {
  Walker(visit).at(*root.type, root.data, {Path(), nullptr});
}

void walk(ConstRef root, const std::function<Descend(ConstRef, const Site&)>& visit) {
  walk(Ref{root.type, readable(root.data)},
       [&](Ref value, const Site& site) { return visit(value, site); });
}

void for_each_text(Ref root, const std::function<void(std::string&, const Site&)>& visit) {
  walk(root, [&](Ref value, const Site& site) {
    if (std::holds_alternative<TextShape>(value.type->shape))
      visit(*static_cast<std::string*>(value.data), site);
    return Descend::yes;
  });
}

void for_each_deferred(Ref root,
                       const std::function<void(Ref, const DeferredShape&, const Site&)>& visit) {
  walk(root, [&](Ref value, const Site& site) {
    if (const auto* shape = std::get_if<DeferredShape>(&value.type->shape))
      visit(value, *shape, site);
    return Descend::yes;
  });
}

}  // namespace ktstr::schema
