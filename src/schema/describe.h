// SPDX-License-Identifier: GPL-2.0-only
// type_of<T>(): the run-time description of T. Works for bool, integers, double, std::string,
// described scalars, enums, records, std::optional, std::vector, std::map<std::string, …>,
// std::variant and Box, nested in any way. A record whose schema lacks a member does not compile.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/box.h"
#include "schema/record.h"
#include "schema/shared.h"
#include "schema/type.h"

namespace ktstr::schema {

template <class T>
const Type& type_of();

template <class T>
Ref ref_to(T& value) {
  return {&type_of<T>(), &value};
}
template <class T>
ConstRef cref_to(const T& value) {
  return {type_of<T>(), &value};
}

namespace detail {

struct AnyMember {
  template <class T>
  operator T() const noexcept;  // Never defined: only its conversions are looked at.
};

/// The number of members of an aggregate.
template <class T, class... Members>
consteval std::size_t arity() {
  if constexpr (requires { T{Members{}..., AnyMember{}}; })
    return arity<T, Members..., AnyMember>();
  else
    return sizeof...(Members);
}

template <class T>
constexpr T& as(void* data) {
  return *static_cast<T*>(data);
}
template <class T>
constexpr const T& as(const void* data) {
  return *static_cast<const T*>(data);
}

template <class T>
bool equal(const void* a, const void* b) {
  return as<T>(a) == as<T>(b);
}

template <class T>
const void* fresh() {
  static const T value{};
  return &value;
}

template <class T>
struct Describe;

template <>
struct Describe<bool> {
  static constexpr std::string_view name = "boolean", doc = "true or false.";
  static constexpr Shape shape() { return BooleanShape{}; }
};

template <>
struct Describe<double> {
  static constexpr std::string_view name = "number", doc = "A finite number.";
  static constexpr Shape shape() { return NumberShape{}; }
};

template <>
struct Describe<std::string> {
  static constexpr std::string_view name = "text", doc = "Text.";
  static constexpr Shape shape() { return TextShape{}; }
};

template <std::integral T>
struct Describe<T> {
  static constexpr std::string_view name = "integer", doc = "A whole number.";
  static constexpr Shape shape() {
    return IntegerShape{
        8 * sizeof(T), std::is_signed_v<T>,
        [](const void* data) {
          return static_cast<std::uint64_t>(static_cast<std::int64_t>(as<T>(data)));
        },
        [](void* data, std::uint64_t value) { as<T>(data) = static_cast<T>(value); }};
  }
};

template <DescribedScalar T>
struct Describe<T> {
  static constexpr std::string_view name = Scalar<T>::name, doc = Scalar<T>::doc;
  static constexpr Shape shape() {
    double (*measure)(const void*) = nullptr;
    std::string (*print_measure)(double) = nullptr;
    if constexpr (requires(const T& value) { Scalar<T>::measure(value); })
      measure = [](const void* data) { return Scalar<T>::measure(as<T>(data)); };
    if constexpr (requires { Scalar<T>::of_measure(0.0); })
      print_measure = [](double value) { return Scalar<T>::print(Scalar<T>::of_measure(value)); };
    return ScalarShape{[](const void* data) { return Scalar<T>::print(as<T>(data)); },
                       [](const void* data, Encoder& out) { Scalar<T>::encode(as<T>(data), out); },
                       [](void* data, Decoder& in) { Scalar<T>::decode(as<T>(data), in); },
                       measure,
                       print_measure,
                       Scalar<T>::pattern,
                       Scalar<T>::example};
  }
};

template <class T>
  requires std::is_enum_v<T>
struct Describe<T> {
  static_assert(words<T>.size() > 0, "specialise schema::words for this enum");
  static constexpr std::string_view name = enum_info<T>.name, doc = enum_info<T>.doc;
  static constexpr Shape shape() {
    return EnumerationShape{
        words<T>, [](const void* data) { return static_cast<std::size_t>(as<T>(data)); },
        [](void* data, std::size_t index) { as<T>(data) = static_cast<T>(index); }};
  }
};

template <class T, std::size_t Index>
using MemberOf =
    std::remove_reference_t<decltype(std::declval<T&>().*field_at<Index>(T::schema.fields).member)>;

template <class T, std::size_t Index>
void* member_of(void* record) {
  return &(as<T>(record).*field_at<Index>(T::schema.fields).member);
}

/// The field itself, or the fields of the record that it puts inline.
template <class T, std::size_t Index>
constexpr auto erase_field() {
  constexpr const auto& field = field_at<Index>(T::schema.fields);
  using Member = MemberOf<T, Index>;
  if constexpr (!field.name.empty()) {
    return std::array{FieldType{field.name, field.doc, &type_of<Member>, &member_of<T, Index>,
                                field.bounds, field.is_required, field.sample}};
  } else {
    auto inner = Describe<Member>::fields;
    [&]<std::size_t... Inner>(std::index_sequence<Inner...>) {
      ((inner[Inner].get = [](void* record) -> void* {
         return Describe<Member>::fields[Inner].get(member_of<T, Index>(record));
       }),
       ...);
    }(std::make_index_sequence<Describe<Member>::fields.size()>());
    return inner;
  }
}

template <std::size_t... Sizes>
constexpr auto concatenate(const std::array<FieldType, Sizes>&... parts) {
  std::array<FieldType, (0 + ... + Sizes)> out{};
  [[maybe_unused]] std::size_t at = 0;
  (std::ranges::for_each(parts, [&](const FieldType& field) { out[at++] = field; }), ...);
  return out;
}

template <class T, std::size_t... Index>
constexpr auto erase_fields(std::index_sequence<Index...>) {
  return concatenate(erase_field<T, Index>()...);
}

template <DescribedRecord T>
struct Describe<T> {
  static constexpr std::size_t count = T::schema.fields.count;
  static_assert(arity<T>() == count, "a member of this struct is missing from its schema");
  static constexpr auto fields = erase_fields<T>(std::make_index_sequence<count>());
  static constexpr std::string_view name = T::schema.name, doc = T::schema.doc;
  static constexpr Shape shape() { return RecordShape{fields, T::schema.form, T::schema.sample}; }
};

template <class T>
struct Describe<std::optional<T>> {
  using Optional = std::optional<T>;
  static constexpr std::string_view name = "", doc = "";
  static constexpr Shape shape() {
    return OptionalShape{&type_of<T>,
                         [](const void* data) { return as<Optional>(data).has_value(); },
                         [](void* data) -> void* { return &*as<Optional>(data); },
                         [](void* data) -> void* { return &as<Optional>(data).emplace(); },
                         [](void* data) { as<Optional>(data).reset(); }};
  }
};

template <class T>
struct Describe<std::vector<T>> {
  using List = std::vector<T>;
  static constexpr std::string_view name = "", doc = "";
  static constexpr Shape shape() {
    return ListShape{&type_of<T>, [](const void* data) { return as<List>(data).size(); },
                     [](void* data, std::size_t i) -> void* { return &as<List>(data)[i]; },
                     [](void* data) -> void* { return &as<List>(data).emplace_back(); },
                     [](void* data) { as<List>(data).clear(); }};
  }
};

template <class T>
struct Describe<std::map<std::string, T>> {
  using Dict = std::map<std::string, T>;
  static constexpr std::string_view name = "", doc = "";
  static auto nth(auto& dict, std::size_t i) {
    return std::next(dict.begin(), static_cast<std::ptrdiff_t>(i));
  }
  static constexpr Shape shape() {
    return DictShape{
        &type_of<T>,
        [](const void* data) { return as<Dict>(data).size(); },
        [](const void* data, std::size_t i) -> const std::string& {
          return nth(as<Dict>(data), i)->first;
        },
        [](void* data, std::size_t i) -> void* { return &nth(as<Dict>(data), i)->second; },
        [](void* data, const std::string& key) -> void* { return &as<Dict>(data)[key]; },
        [](void* data) { as<Dict>(data).clear(); }};
  }
};

template <class... Alternatives>
struct Describe<std::variant<Alternatives...>> {
  using Choice = std::variant<Alternatives...>;
  static constexpr std::array<TypeRef, sizeof...(Alternatives)> alternatives{
      &type_of<Alternatives>...};
  static constexpr std::string_view name = choice_info<Choice>.name, doc = choice_info<Choice>.doc;
  template <std::size_t... Index>
  static void* emplace(Choice& choice, std::size_t index, std::index_sequence<Index...>) {
    void* out = nullptr;
    ((Index == index ? void(out = &choice.template emplace<Index>()) : void()), ...);
    return out;
  }
  static constexpr Shape shape() {
    return ChoiceShape{
        alternatives, choice_info<Choice>.tagging,
        [](const void* data) { return as<Choice>(data).index(); },
        [](void* data) -> void* {
          return std::visit([](auto& value) -> void* { return &value; }, as<Choice>(data));
        },
        [](void* data, std::size_t index) -> void* {
          return emplace(as<Choice>(data), index, std::index_sequence_for<Alternatives...>());
        }};
  }
};

template <class T>
struct Describe<Box<T>> {
  static constexpr std::string_view name = "", doc = "";
  static constexpr Shape shape() {
    return BoxShape{&type_of<T>, [](void* data) -> void* { return &*as<Box<T>>(data); }};
  }
};

template <class T>
struct Describe<Shared<T>> {
  static constexpr std::string_view name = "", doc = "";
  static constexpr Shape shape() {
    return BoxShape{&type_of<T>, [](void* data) -> void* { return &as<Shared<T>>(data).change(); }};
  }
};

}  // namespace detail

template <class T>
const Type& type_of() {
  using Describe = detail::Describe<T>;
  static const Type type{Describe::name, Describe::doc, Describe::shape(), &detail::equal<T>,
                         &detail::fresh<T>};
  return type;
}

}  // namespace ktstr::schema
