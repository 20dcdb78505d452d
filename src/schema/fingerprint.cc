// SPDX-License-Identifier: GPL-2.0-only
#include "schema/fingerprint.h"

#include <map>

#include "base/overload.h"

namespace ktstr::schema {

namespace {

/// FNV-1a over a preorder of the type graph. A type met again is its number in that order.
class Hasher {
 public:
  void type(const Type& type) {
    const auto [known, is_new] = numbers_.try_emplace(&type, numbers_.size());
    if (!is_new) return number(known->second);
    number(met_for_the_first_time);
    number(type.shape.index());
    text(type.name);
    std::visit(Overload{
                   [](const BooleanShape&) {},
                   [](const NumberShape&) {},
                   [](const TextShape&) {},
                   [](const ScalarShape&) {},
                   [&](const IntegerShape& shape) {
                     number(shape.bits);
                     number(shape.is_signed ? 1 : 0);
                   },
                   [&](const DeferredShape& shape) { this->type(shape.literal_type()); },
                   [&](const EnumerationShape& shape) {
                     number(shape.words.size());
                     for (const Word& word : shape.words) text(word.name);
                   },
                   [&](const RecordShape& shape) {
                     number(shape.fields.size());
                     for (const FieldType& field : shape.fields) {
                       text(field.name);
                       this->type(field.type());
                     }
                   },
                   [&](const OptionalShape& shape) { this->type(shape.value_type()); },
                   [&](const ListShape& shape) { this->type(shape.item_type()); },
                   [&](const DictShape& shape) { this->type(shape.value_type()); },
                   [&](const ChoiceShape& shape) {
                     number(shape.alternatives.size());
                     for (const TypeRef alternative : shape.alternatives) this->type(alternative());
                   },
                   [&](const BoxShape& shape) { this->type(shape.value_type()); },
               },
               type.shape);
  }

  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  static constexpr std::uint64_t met_for_the_first_time = ~std::uint64_t{0};

  void byte(std::uint8_t value) {
    hash_ ^= value;
    hash_ *= 0x100000001b3;
  }

  void number(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8)
      byte(static_cast<std::uint8_t>(value >> shift));
  }

  void text(std::string_view value) {
    number(value.size());
    for (const char c : value) byte(static_cast<std::uint8_t>(c));
  }

  std::map<const Type*, std::uint64_t> numbers_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t fingerprint(const Type& type) {
  Hasher hasher;
  hasher.type(type);
  return hasher.value();
}

}  // namespace ktstr::schema
