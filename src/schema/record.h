// SPDX-License-Identifier: GPL-2.0-only
// How a struct describes itself: a static constexpr member `schema` made by `record`, one Field per
// member in the order of declaration; an enum by a specialisation of `words`; a variant by
// `choice_info` where the default does not fit.
//
//   struct Bursty {
//     Nanos burst = 50ms;
//     static constexpr auto schema = schema::record("bursty", "Run, then sleep.",
//         schema::Field{"burst", &Bursty::burst, "Time on CPU per cycle.", range(1us, 60s)});
//   };
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/units.h"
#include "schema/type.h"

namespace ktstr::schema {

/// A field that must be written.
struct Required {};
inline constexpr Required required{};

/// How a file would write the field, for the reference and the JSON Schema.
struct Example {
  std::string_view text;
};
constexpr Example example(std::string_view text) {
  return {text};
}

constexpr double base_unit(Nanos value) {
  return static_cast<double>(value.count());
}
constexpr double base_unit(Bytes value) {
  return static_cast<double>(value.count);
}
constexpr double base_unit(Share value) {
  return value.fraction;
}
constexpr double base_unit(double value) {
  return value;
}

template <class Low, class High>
constexpr Range range(Low low, High high) {
  return {base_unit(low), base_unit(high)};
}
template <class Low>
constexpr Range at_least(Low low) {
  Range out;
  out.low = base_unit(low);
  return out;
}

/// A member. One without a name is a record whose fields stand among its own: they are written as
/// if they were members of the outer record.
template <class Class, class Member>
struct Field {
  std::string_view name;
  Member Class::*member;
  std::string_view doc;
  Range bounds{};
  bool is_required = false;
  std::string_view sample{};

  template <class... Rules>
  constexpr Field(std::string_view field, Member Class::*pointer, std::string_view text,
                  Rules... rules)
      : name(field), member(pointer), doc(text) {
    (apply(rules), ...);
  }

 private:
  constexpr void apply(Range value) { bounds = value; }
  constexpr void apply(Required) { is_required = true; }
  constexpr void apply(Example value) { sample = value.text; }
};

/// Fields side by side, each found by its place. Every struct of the vocabulary has one, and
/// std::tuple would cost a third of each translation unit's time.
template <std::size_t index, class Field>
struct FieldAt {
  Field value;
};
template <class Places, class... Fields>
struct FieldPack;
template <std::size_t... index, class... Fields>
struct FieldPack<std::index_sequence<index...>, Fields...> : FieldAt<index, Fields>... {
  static constexpr std::size_t count = sizeof...(Fields);
};
template <std::size_t index, class Field>
constexpr const Field& field_at(const FieldAt<index, Field>& field) {
  return field.value;
}

template <class... Fields>
struct Record {
  std::string_view name;
  std::string_view doc;
  FieldPack<std::index_sequence_for<Fields...>, Fields...> fields;
  Shorthand form = Shorthand::none;
  std::string_view sample{};

  /// The same record that may also be written in a shorter way.
  [[nodiscard]] constexpr Record written_as(Shorthand shorthand) const {
    Record copy = *this;
    copy.form = shorthand;
    return copy;
  }
  /// The same record with an example for the reference; one without is shown with its defaults.
  [[nodiscard]] constexpr Record for_example(std::string_view text) const {
    Record copy = *this;
    copy.sample = text;
    return copy;
  }
};

template <class... Fields>
constexpr Record<Fields...> record(std::string_view name, std::string_view doc, Fields... fields) {
  return {name, doc, {{fields}...}};
}

/// The words of an enum, in the order of its enumerators from 0. Specialise beside the enum.
template <class Enum>
inline constexpr auto words = std::array<Word, 0>{};
/// The word for an enumerator.
template <class Enum>
  requires std::is_enum_v<Enum>
constexpr std::string_view word_of(Enum enumerator) {
  return words<Enum>[static_cast<std::size_t>(enumerator)].name;
}
/// The enumerator that a word stands for; nothing where it stands for none.
template <class Enum>
  requires std::is_enum_v<Enum>
constexpr std::optional<Enum> enumerator_of(std::string_view word) {
  for (std::size_t i = 0; i < words<Enum>.size(); ++i)
    if (words<Enum>[i].name == word) return static_cast<Enum>(i);
  return std::nullopt;
}
/// The name and description of an enum. Specialise beside the enum.
template <class Enum>
inline constexpr Word enum_info{};

/// Name, description and tagging of a variant. Specialise beside the variant's alias.
struct ChoiceInfo {
  std::string_view name;
  std::string_view doc;
  Tagging tagging = Tagging::word;
};
template <class Variant>
inline constexpr ChoiceInfo choice_info{};

/// The text form and encoding of a type that is written as one scalar. A specialisation has:
///   static constexpr std::string_view name, doc, pattern, example;
///   static std::string print(const T&);
///   static void encode(const T&, Encoder&);   static void decode(T&, Decoder&);
///   static double measure(const T&);          // optional: makes ranges apply
///   static T of_measure(double);              // optional: prints their bounds
template <class T>
struct Scalar;

template <class T>
concept DescribedScalar = requires(const T& value) {
  { Scalar<T>::print(value) } -> std::same_as<std::string>;
};

template <class T>
concept DescribedRecord = requires { T::schema.fields; };

}  // namespace ktstr::schema
