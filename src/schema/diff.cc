// SPDX-License-Identifier: GPL-2.0-only
#include "schema/diff.h"

#include <algorithm>

#include "base/check.h"
#include "base/overload.h"
#include "schema/path.h"
#include "schema/print.h"

namespace ktstr::schema {

namespace {

class Comparer {
 public:
  void compare(const Type& type, const void* left, const void* right, const Path& path) {
    if (type.equal(left, right)) return;
    std::visit(Overload{
                   [&](const BooleanShape&) { differ(type, left, right, path); },
                   [&](const NumberShape&) { differ(type, left, right, path); },
                   [&](const TextShape&) { differ(type, left, right, path); },
                   [&](const IntegerShape&) { differ(type, left, right, path); },
                   [&](const ScalarShape&) { differ(type, left, right, path); },
                   [&](const DeferredShape&) { differ(type, left, right, path); },
                   [&](const EnumerationShape&) { differ(type, left, right, path); },
                   [&](const RecordShape& shape) {
                     for (const FieldType& field : shape.fields)
                       compare(field.type(), field.get(readable(left)), field.get(readable(right)),
                               Path(path, field.name));
                   },
                   [&](const OptionalShape& shape) {
                     either(shape.value_type(),
                            shape.has(left) ? shape.get(readable(left)) : nullptr,
                            shape.has(right) ? shape.get(readable(right)) : nullptr, path);
                   },
                   [&](const ListShape& shape) { lists(shape, left, right, path); },
                   [&](const DictShape& shape) { dicts(shape, left, right, path); },
                   [&](const ChoiceShape& shape) { choices(type, shape, left, right, path); },
                   [&](const BoxShape& shape) {
                     compare(shape.value_type(), shape.get(readable(left)),
                             shape.get(readable(right)), path);
                   },
               },
               type.shape);
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  /// Null stands for a side that has no value.
  void differ(const Type& type, const void* left, const void* right, const Path& path) {
    const auto text = [&](const void* data) {
      return data == nullptr ? std::string() : print_inline({type, data});
    };
    found_.push_back({path.text(), text(left), text(right)});
  }

  void lists(const ListShape& shape, const void* left, const void* right, const Path& path) {
    const Type& item = shape.item_type();
    const std::size_t in_left = shape.size(left), in_right = shape.size(right);
    for (std::size_t i = 0; i < std::max(in_left, in_right); ++i) {
      const Path at(path, i);
      const void* a = i < in_left ? shape.at(readable(left), i) : nullptr;
      const void* b = i < in_right ? shape.at(readable(right), i) : nullptr;
      either(item, a, b, at);
    }
  }

  void dicts(const DictShape& shape, const void* left, const void* right, const Path& path) {
    const Type& type = shape.value_type();
    std::size_t i = 0, j = 0;
    while (i < shape.size(left) || j < shape.size(right)) {
      const std::string* a = i < shape.size(left) ? &shape.key(left, i) : nullptr;
      const std::string* b = j < shape.size(right) ? &shape.key(right, j) : nullptr;
      const bool takes_left = b == nullptr || (a != nullptr && *a <= *b);
      const bool takes_right = a == nullptr || (b != nullptr && *b <= *a);
      const Path at(path, takes_left ? *a : *b);
      either(type, takes_left ? shape.at(readable(left), i++) : nullptr,
             takes_right ? shape.at(readable(right), j++) : nullptr, at);
    }
  }

  void choices(const Type& type, const ChoiceShape& shape, const void* left, const void* right,
               const Path& path) {
    const std::size_t index = shape.index(left);
    if (index != shape.index(right)) return differ(type, left, right, path);
    const Type& alternative = shape.alternatives[index]();
    const void* a = shape.get(readable(left));
    const void* b = shape.get(readable(right));
    if (shape.tagging == Tagging::by_shape)
      compare(alternative, a, b, path);
    else
      compare(alternative, a, b, Path(path, word_of(alternative)));
  }

  void either(const Type& type, const void* left, const void* right, const Path& path) {
    if (left != nullptr && right != nullptr)
      compare(type, left, right, path);
    else
      differ(type, left, right, path);
  }

  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> diff(ConstRef left, ConstRef right) {
  CHECK(left.type == right.type);
  Comparer comparer;
  comparer.compare(*left.type, left.data, right.data, Path());
  return comparer.take();
}

std::string to_text(const std::vector<Difference>& differences) {
  std::string out;
  const auto side = [](const std::string& text) { return text.empty() ? "(none)" : text; };
  for (const Difference& each : differences)
    out += each.path + (each.path.empty() ? "" : ": ") + side(each.left) + " → " +
           side(each.right) + "\n";
  return out;
}

}  // namespace ktstr::schema
