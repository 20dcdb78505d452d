// SPDX-License-Identifier: GPL-2.0-only
#include "support/generate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/overload.h"
#include "base/units.h"
#include "schema/print.h"
#include "schema/scalars.h"

namespace ktstr::testing {

using namespace ktstr::schema;

Tape Tape::replay(std::vector<std::uint64_t> numbers) {
  Tape out(0);
  out.recorded_ = std::move(numbers);
  out.replays_ = true;
  return out;
}

std::uint64_t Tape::any() {
  std::uint64_t value = 0;
  if (used_.size() < recorded_.size())
    value = recorded_[used_.size()];
  else if (!replays_)
    value = chance_();
  used_.push_back(value);
  return value;
}

std::uint64_t Tape::below(std::uint64_t limit) {
  const std::uint64_t value = any() % limit;
  used_.back() = value;
  return value;
}

namespace {

constexpr double exact = 9007199254740992.0;  // Integers up to 2^53 are exact in a double.
constexpr unsigned deepest = 12;

/// A 64-bit number with as many bits as chance wants.
std::uint64_t any_bits(Tape& tape) {
  constexpr std::array<std::uint64_t, 6> edges = {
      0, 1, ~std::uint64_t{0}, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1, 0xFFFFFFFF};
  const std::uint64_t choice = tape.below(12);
  if (choice < edges.size()) return edges[choice];
  return tape.any() >> tape.below(64);
}

class Filler {
 public:
  Filler(const Makers& makers, Tape& tape) : makers_(makers), tape_(tape) {}

  void fill(Ref into, const Range& range, unsigned depth) {
    if (depth > deepest) return;
    void* data = into.data;
    std::visit(
        Overload{
            [&](const BooleanShape&) { *static_cast<bool*>(data) = tape_.one_in(2); },
            [&](const NumberShape&) {
              *static_cast<double*>(data) = number_within(range, -1e300, 1e300, tape_);
            },
            [&](const TextShape&) { *static_cast<std::string*>(data) = any_text(tape_); },
            [&](const IntegerShape& shape) { integer(shape, data, range); },
            [&](const ScalarShape&) {
              if (const auto maker = makers_.scalars.find(into.type);
                  maker != makers_.scalars.end())
                maker->second(data, range, tape_);
            },
            [&](const EnumerationShape& shape) {
              shape.set(data, tape_.below(shape.words.size()));
            },
            [&](const DeferredShape& shape) {
              if (makers_.expression && tape_.one_in(3))
                makers_.expression(data, shape, tape_);
              else
                fill({&shape.literal_type(), shape.literal(data)}, range, depth + 1);
            },
            [&](const RecordShape& shape) {
              for (const FieldType& field : shape.fields)
                if (field.required || tape_.below(3) != 0)
                  fill({&field.type(), field.get(data)}, field.range, depth + 1);
            },
            [&](const OptionalShape& shape) {
              shape.clear(data);
              if (tape_.one_in(2))
                fill({&shape.value_type(), shape.emplace(data)}, range, depth + 1);
            },
            [&](const ListShape& shape) {
              shape.clear(data);
              for (std::uint64_t n = length(depth); n > 0; --n)
                fill({&shape.item_type(), shape.append(data)}, range, depth + 1);
            },
            [&](const DictShape& shape) {
              shape.clear(data);
              for (std::uint64_t n = length(depth); n > 0; --n)
                fill({&shape.value_type(), shape.insert(data, any_text(tape_))}, range, depth + 1);
            },
            [&](const ChoiceShape& shape) {
              const std::size_t index = tape_.below(shape.alternatives.size());
              fill({&shape.alternatives[index](), shape.emplace(data, index)}, range, depth + 1);
            },
            [&](const BoxShape& shape) {
              fill({&shape.value_type(), shape.get(data)}, range, depth + 1);
            },
        },
        into.type->shape);
  }

 private:
  std::uint64_t length(unsigned depth) { return tape_.below(depth < 3 ? 5 : 3); }

  void integer(const IntegerShape& shape, void* data, const Range& range) {
    const double most = std::ldexp(1.0, static_cast<int>(shape.bits - (shape.is_signed ? 1 : 0)));
    const double largest = shape.bits > 53 ? std::nextafter(most, 0) : most - 1;
    const double low = std::max(range.low, shape.is_signed ? -most : 0);
    const double high = std::min(range.high, largest);
    if (low < -exact || high > exact) {
      shape.set(data, any_bits(tape_));
      const std::uint64_t bits = shape.get(data);
      const double value = shape.is_signed ? static_cast<double>(static_cast<std::int64_t>(bits))
                                           : static_cast<double>(bits);
      if (value >= low && value <= high) return;
    }
    const double value = std::clamp(std::round(number_within({low, high}, low, high, tape_)),
                                    std::ceil(low), std::floor(high));
    shape.set(data, value < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value))
                              : static_cast<std::uint64_t>(value));
  }

  const Makers& makers_;
  Tape& tape_;
};

}  // namespace

double number_within(const Range& range, double low, double high, Tape& tape) {
  low = std::max(low, range.low);
  high = std::min(high, range.high);
  switch (tape.below(8)) {
    case 0:
      return std::clamp(0.0, low, high);
    case 1:
      return std::clamp(1.0, low, high);
    case 2:
      return low;
    case 3:
      return high;
    case 4:
      return std::clamp(std::round(static_cast<double>(tape.below(1000))), low, high);
    default:
      break;
  }
  const double part = static_cast<double>(tape.any() >> 11) / exact;
  return std::clamp(low * (1 - part) + high * part, low, high);
}

std::string any_text(Tape& tape) {
  static constexpr std::string_view pieces[] = {
      "a",    "",     "b_c", "two words", "0",  "-1",     "1.5",    "1e3",    "0x1F", "0o17",
      "010",  "null", "~",   "true",      "no", ".inf",   ".nan",   "50%",    "5ms",  ": ",
      " #",   ":",    "#",   "- ",        "-",  "--x",    "? ",     "?",      ", ",   ",",
      "[",    "]",    "{",   "}",         "&a", "*a",     "!t",     "|",      ">",    "'",
      "\"",   "\\",   "%",   "@",         "`",  " ",      "\n",     "\n\n",   "\t",   "\r",
      "\x01", "\x7F", "é",   "µs",        "𝄞",  "\u0085", "\u2028", "\uFEFF", "---",  "...",
      "<<",   "{i}",  "=",   "x: y"};
  std::string out;
  for (std::uint64_t n = tape.below(4) + 1; n > 0; --n)
    out += pieces[tape.below(std::size(pieces))];
  return out;
}

Makers::Makers() {
  const auto most = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 2);
  add<Nanos>([=](const Range& range, Tape& tape) {
    constexpr std::array<double, 5> units = {1e9, 1e6, 1e3, 1, 60e9};
    const double unit = units[tape.below(units.size())];
    const double value = std::round(number_within(range, -most, most, tape) / unit) * unit;
    return Nanos(static_cast<std::int64_t>(
        std::clamp(value, std::max(-most, range.low), std::min(most, range.high))));
  });
  add<Bytes>([=](const Range& range, Tape& tape) {
    const double value = number_within(range, 0, most, tape);
    const std::uint64_t shift = tape.below(3) * 10;
    const std::uint64_t count = static_cast<std::uint64_t>(value) >> shift << shift;
    return Bytes{range.holds(static_cast<double>(count)) ? count
                                                         : static_cast<std::uint64_t>(value)};
  });
  add<Share>([](const Range& range, Tape& tape) {
    const double value = number_within(range, 0, 1000, tape);
    const double percent = std::round(value * 100) / 100;
    return Share{tape.one_in(2) || !range.holds(percent) ? value : percent};
  });
}

void generate(Ref into, const Makers& makers, Tape& tape) {
  Filler(makers, tape).fill(into, {}, 0);
}

namespace {

using Numbers = std::vector<std::uint64_t>;

/// Makes a failing tape smaller for as long as it fails, within a bound on tries.
Numbers shrink(Numbers tape, const std::function<bool(const Numbers&)>& fails) {
  unsigned tries = 20000;
  const auto accept = [&](Numbers candidate) {
    if (tries == 0 || candidate == tape) return false;
    --tries;
    if (!fails(candidate)) return false;
    tape = std::move(candidate);
    return true;
  };
  for (bool smaller = true; smaller && tries > 0;) {
    smaller = false;
    for (std::size_t size = std::max<std::size_t>(tape.size() / 2, 1); size > 0; size /= 2)
      for (std::size_t at = 0; at + size <= tape.size();) {
        Numbers candidate = tape;
        const auto from = candidate.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.erase(from, from + static_cast<std::ptrdiff_t>(size));
        if (accept(std::move(candidate)))
          smaller = true;
        else
          at += size;
      }
    for (std::size_t at = 0; at < tape.size(); ++at)
      for (const std::uint64_t value : {std::uint64_t{0}, tape[at] / 2, tape[at] - 1})
        // A smaller decision often needs fewer of the numbers after it.
        for (std::size_t drop = 0; drop < 12 && value < tape[at] && at + drop < tape.size();
             ++drop) {
          Numbers candidate = tape;
          candidate[at] = value;
          const auto next = candidate.begin() + static_cast<std::ptrdiff_t>(at + 1);
          candidate.erase(next, next + static_cast<std::ptrdiff_t>(drop));
          smaller = accept(std::move(candidate)) || smaller;
        }
  }
  return tape;
}

}  // namespace

std::string falsify(const Type& type, const std::function<std::shared_ptr<void>()>& make,
                    const Makers& makers, unsigned count, const Property& property) {
  const auto made = [&](Tape& tape) {
    std::shared_ptr<void> value = make();
    generate({&type, value.get()}, makers, tape);
    return value;
  };
  for (unsigned seed = 0; seed < count; ++seed) {
    Tape tape = seed == 0 ? Tape::replay({}) : Tape(seed);
    if (property({type, made(tape).get()}).empty()) continue;
    const Numbers smallest = shrink(tape.used(), [&](const Numbers& numbers) {
      Tape replayed = Tape::replay(numbers);
      return !property({type, made(replayed).get()}).empty();
    });
    Tape replayed = Tape::replay(smallest);
    const std::shared_ptr<void> value = made(replayed);
    return property({type, value.get()}) + "\nfor value " + std::to_string(seed) + ":\n" +
           print({type, value.get()});
  }
  return {};
}

}  // namespace ktstr::testing
