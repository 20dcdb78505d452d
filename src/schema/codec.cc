// SPDX-License-Identifier: GPL-2.0-only
#include "schema/codec.h"

#include <bit>

#include "base/overload.h"

namespace ktstr::schema {

void Encoder::integer(std::uint64_t value) {
  while (value >= 0x80) {
    buffer_.push_back(static_cast<std::byte>(value | 0x80));
    value >>= 7;
  }
  buffer_.push_back(static_cast<std::byte>(value));
}

void Encoder::signed_integer(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  integer((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void Encoder::number(double value) {
  append_le(buffer_, std::bit_cast<std::uint64_t>(value));
}

void Encoder::text(std::string_view value) {
  integer(value.size());
  const ByteView bytes = as_bytes(value);
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void Encoder::refuse(std::string reason) {
  if (refusal_.empty()) refusal_ = std::move(reason);
}

void Decoder::reject(std::string_view reason) {
  if (ok()) rejection_ = reason;
  rest_ = {};
}

std::uint64_t Decoder::integer() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) {
      reject("the encoding ends early");
      return 0;
    }
    const auto byte = static_cast<std::uint64_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    value |= (byte & 0x7F) << shift;
    if (shift == 63 && byte > 1) break;
    if ((byte & 0x80) == 0) return value;
  }
  reject("an integer does not fit 64 bits");
  return 0;
}

std::int64_t Decoder::signed_integer() {
  const std::uint64_t bits = integer();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

double Decoder::number() {
  if (rest_.size() < 8) {
    reject("the encoding ends early");
    return 0;
  }
  const auto bits = load_le<std::uint64_t>(rest_);
  rest_ = rest_.subspan(8);
  return std::bit_cast<double>(bits);
}

std::string Decoder::text() {
  const std::uint64_t size = integer();
  if (size > rest_.size()) {
    reject("a text is longer than what follows");
    return {};
  }
  std::string out(as_text(rest_.first(size)));
  rest_ = rest_.subspan(size);
  return out;
}

std::size_t Decoder::count() {
  const std::uint64_t value = integer();
  if (value > most_values - values_) {
    reject("too many values");
    return 0;
  }
  values_ += value;
  return value;
}

namespace {

void put(ConstRef value, Encoder& out) {
  const void* data = value.data;
  std::visit(Overload{
                 [&](const BooleanShape&) { out.integer(*static_cast<const bool*>(data) ? 1 : 0); },
                 [&](const NumberShape&) { out.number(*static_cast<const double*>(data)); },
                 [&](const TextShape&) { out.text(*static_cast<const std::string*>(data)); },
                 [&](const IntegerShape& shape) {
                   if (shape.is_signed)
                     out.signed_integer(static_cast<std::int64_t>(shape.get(data)));
                   else
                     out.integer(shape.get(data));
                 },
                 [&](const ScalarShape& shape) { shape.encode(data, out); },
                 [&](const DeferredShape& shape) {
                   if (shape.resolved(data))
                     put({shape.literal_type(), shape.literal(readable(data))}, out);
                   else
                     out.refuse("unresolved expression `" + shape.print_expression(data) + "`");
                 },
                 [&](const EnumerationShape& shape) { out.integer(shape.get(data)); },
                 [&](const RecordShape& shape) {
                   for (const FieldType& field : shape.fields)
                     put({field.type(), field.get(readable(data))}, out);
                 },
                 [&](const OptionalShape& shape) {
                   out.integer(shape.has(data) ? 1 : 0);
                   if (shape.has(data)) put({shape.value_type(), shape.get(readable(data))}, out);
                 },
                 [&](const ListShape& shape) {
                   out.integer(shape.size(data));
                   for (std::size_t i = 0; i < shape.size(data); ++i)
                     put({shape.item_type(), shape.at(readable(data), i)}, out);
                 },
                 [&](const DictShape& shape) {
                   out.integer(shape.size(data));
                   for (std::size_t i = 0; i < shape.size(data); ++i) {
                     out.text(shape.key(data, i));
                     put({shape.value_type(), shape.at(readable(data), i)}, out);
                   }
                 },
                 [&](const ChoiceShape& shape) {
                   const std::size_t index = shape.index(data);
                   out.integer(index);
                   put({shape.alternatives[index](), shape.get(readable(data))}, out);
                 },
                 [&](const BoxShape& shape) {
                   put({shape.value_type(), shape.get(readable(data))}, out);
                 },
             },
             value.type->shape);
}

bool flag(Decoder& in) {
  const std::uint64_t value = in.integer();
  if (value > 1) in.reject("a flag is neither 0 nor 1");
  return value == 1;
}

void take_integer(const IntegerShape& shape, void* data, Decoder& in) {
  const std::uint64_t bits =
      shape.is_signed ? static_cast<std::uint64_t>(in.signed_integer()) : in.integer();
  shape.set(data, bits);
  if (shape.get(data) != bits) in.reject("an integer does not fit its type");
}

/// An index below `limit`, or a rejection and 0.
std::size_t index_below(std::size_t limit, Decoder& in) {
  const std::uint64_t index = in.integer();
  if (index < limit) return index;
  in.reject("an index is out of range");
  return 0;
}

void take(Ref into, Decoder& in, unsigned depth) {
  if (!in.ok()) return;
  if (depth > Decoder::deepest) return in.reject("values nest too deeply");
  void* data = into.data;
  std::visit(Overload{
                 [&](const BooleanShape&) { *static_cast<bool*>(data) = flag(in); },
                 [&](const NumberShape&) { *static_cast<double*>(data) = in.number(); },
                 [&](const TextShape&) { *static_cast<std::string*>(data) = in.text(); },
                 [&](const IntegerShape& shape) { take_integer(shape, data, in); },
                 [&](const ScalarShape& shape) { shape.decode(data, in); },
                 [&](const DeferredShape& shape) {
                   take({&shape.literal_type(), shape.literal(data)}, in, depth + 1);
                 },
                 [&](const EnumerationShape& shape) {
                   shape.set(data, index_below(shape.words.size(), in));
                 },
                 [&](const RecordShape& shape) {
                   for (const FieldType& field : shape.fields)
                     take({&field.type(), field.get(data)}, in, depth + 1);
                 },
                 [&](const OptionalShape& shape) {
                   shape.clear(data);
                   if (flag(in)) take({&shape.value_type(), shape.emplace(data)}, in, depth + 1);
                 },
                 [&](const ListShape& shape) {
                   shape.clear(data);
                   for (std::size_t n = in.count(); n > 0 && in.ok(); --n)
                     take({&shape.item_type(), shape.append(data)}, in, depth + 1);
                 },
                 [&](const DictShape& shape) {
                   shape.clear(data);
                   for (std::size_t n = in.count(); n > 0 && in.ok(); --n)
                     take({&shape.value_type(), shape.insert(data, in.text())}, in, depth + 1);
                 },
                 [&](const ChoiceShape& shape) {
                   const std::size_t index = index_below(shape.alternatives.size(), in);
                   take({&shape.alternatives[index](), shape.emplace(data, index)}, in, depth + 1);
                 },
                 [&](const BoxShape& shape) {
                   take({&shape.value_type(), shape.get(data)}, in, depth + 1);
                 },
             },
             into.type->shape);
}

}  // namespace

Result<Buffer> encode(ConstRef value) {
  Encoder out;
  put(value, out);
  if (!out.refusal().empty()) return fail("encode " + std::string(value.type->name), out.refusal());
  return std::move(out.buffer());
}

Status decode(ByteView bytes, Ref into) {
  Decoder in(bytes);
  take(into, in, 0);
  if (in.ok() && in.left() > 0) in.reject("bytes follow the value");
  if (!in.ok()) return fail("decode " + std::string(into.type->name) + ": " + in.rejection());
  return {};
}

}  // namespace ktstr::schema
