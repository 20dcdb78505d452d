// SPDX-License-Identifier: GPL-2.0-only
// The description of a type at run time: what a reader, codec, printer or schema writer needs to
// know of a described struct, without knowing the struct. `type_of<T>()` (describe.h) makes one
// from T's own `schema`. The set of shapes is closed: a visitor that forgets one does not compile.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ktstr::schema {

struct Type;
/// A type by function, so that recursive types can be described.
using TypeRef = const Type& (*)();

/// Inclusive bounds in the base unit of the value: nanoseconds, bytes, fraction or plain number.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool bounded() const {
    return low != -std::numeric_limits<double>::infinity() ||
           high != std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] constexpr bool holds(double value) const { return value >= low && value <= high; }
  bool operator==(const Range&) const = default;
};

struct FieldType {
  std::string_view name;
  std::string_view doc;
  TypeRef type;
  void* (*get)(void* record);
  Range range;
  bool required = false;
  std::string_view example;  ///< As a file would write it, or empty.
};

struct Word {
  std::string_view name;
  std::string_view doc;
};

class Encoder;
class Decoder;

struct BooleanShape {};
struct NumberShape {};  // double
struct TextShape {};    // std::string

struct IntegerShape {
  unsigned bits;
  bool is_signed;
  std::uint64_t (*get)(const void*);  ///< Sign-extended when signed.
  void (*set)(void*, std::uint64_t);
};

/// A value with a grammar of its own that files write as one string or number.
struct ScalarShape {
  std::string (*print)(const void*);  ///< The text a file would hold.
  void (*encode)(const void*, Encoder&);
  void (*decode)(void*, Decoder&);
  double (*measure)(const void*);  ///< For ranges, in the base unit; null where there is none.
  std::string (*print_measure)(double);  ///< The text of a bound of a range, or null.
  std::string_view pattern;              ///< ECMA regular expression over the text, or empty.
  std::string_view example;
};

/// A number that a file may write as an expression.
struct DeferredShape {
  TypeRef literal_type;
  bool (*resolved)(const void*);
  void* (*literal)(void*);     ///< The literal; makes it one if it was an expression.
  void* (*expression)(void*);  ///< The ir::Expr; makes it one if it was a literal.
  std::string (*print_expression)(const void*);
};

struct EnumerationShape {
  std::span<const Word> words;
  std::size_t (*get)(const void*);
  void (*set)(void*, std::size_t);
};

/// How a record may be written besides as a map.
enum class Shorthand {
  none,
  scalar,  ///< The first field alone: `remove_cgroup: tmp`.
  list,    ///< All fields in order: `range: [0, 0.5]`.
};

struct RecordShape {
  std::span<const FieldType> fields;
  Shorthand shorthand;
  std::string_view example;  ///< As a file would write it, or empty.
};

struct OptionalShape {
  TypeRef value_type;
  bool (*has)(const void*);
  void* (*get)(void*);      ///< Only when it has one.
  void* (*emplace)(void*);  ///< A fresh value.
  void (*clear)(void*);
};

struct ListShape {
  TypeRef item_type;
  std::size_t (*size)(const void*);
  void* (*at)(void*, std::size_t);
  void* (*append)(void*);  ///< A fresh item at the end.
  void (*clear)(void*);
};

/// A map from names to values, ordered by name.
struct DictShape {
  TypeRef value_type;
  std::size_t (*size)(const void*);
  const std::string& (*key)(const void*, std::size_t);
  void* (*at)(void*, std::size_t);
  void* (*insert)(void*, const std::string&);  ///< The value under the key, made if absent.
  void (*clear)(void*);
};

/// How the alternative of a choice is told in a file.
enum class Tagging {
  word,      ///< By name: `spin`, or a map with one key `{bursty: {…}}`.
  by_shape,  ///< By what the value looks like: `50%`, `2s`, `{every: …}`; first match wins. A
             ///< record without fields is its word.
};

struct ChoiceShape {
  std::span<const TypeRef> alternatives;  ///< Their type names are the words.
  Tagging tagging;
  std::size_t (*index)(const void*);
  void* (*get)(void*);
  void* (*emplace)(void*, std::size_t);
};

/// Indirection for recursive types; invisible in files and on the wire.
struct BoxShape {
  TypeRef value_type;
  void* (*get)(void*);
};

using Shape = std::variant<BooleanShape, NumberShape, TextShape, IntegerShape, ScalarShape,
                           DeferredShape, EnumerationShape, RecordShape, OptionalShape, ListShape,
                           DictShape, ChoiceShape, BoxShape>;

struct Type {
  std::string_view name;  ///< `bursty`, `duration`; empty for lists, optionals, maps.
  std::string_view doc;
  Shape shape;
  bool (*equal)(const void*, const void*);
  const void* (*fresh)();  ///< A default-made value that lives for ever.
};

/// A value and its description. The pointee outlives the reference.
struct Ref {
  const Type* type;
  void* data;
};

struct ConstRef {
  const Type* type;
  const void* data;

  ConstRef(const Type& described, const void* value) : type(&described), data(value) {}
  ConstRef(Ref ref) : type(ref.type), data(ref.data) {}  // NOLINT: a Ref is a ConstRef
};

/// Shapes' accessors take mutable pointers; reading through them does not change the value.
inline void* readable(const void* data) {
  return const_cast<void*>(data);
}

}  // namespace ktstr::schema
