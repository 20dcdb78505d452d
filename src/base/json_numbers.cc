// SPDX-License-Identifier: GPL-2.0-only
#include "base/json_numbers.h"

#include <charconv>
#include <cmath>

namespace ktstr {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits) : rest_(text), limits_(limits) {}

  std::optional<std::vector<std::pair<std::string, double>>> read() {
    if (!value("", 0)) return std::nullopt;
    skip();
    if (!rest_.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  void skip() {
    while (!rest_.empty() &&
           (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r'))
      rest_.remove_prefix(1);
  }

  bool take(char wanted) {
    skip();
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  /// A name is kept as it is spelt: escapes in it stay escapes.
  std::optional<std::string_view> text() {
    if (!take('"')) return std::nullopt;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view out = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return out;
      }
    }
    return std::nullopt;
  }

  static std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  }

  bool map(const std::string& path, std::size_t depth) {
    if (take('}')) return true;
    do {
      const std::optional<std::string_view> name = text();
      if (!name || !take(':') || !value(below(path, *name), depth)) return false;
    } while (take(','));
    return take('}');
  }

  bool list(const std::string& path, std::size_t depth) {
    if (take(']')) return true;
    std::size_t index = 0;
    do {
      if (!value(below(path, std::to_string(index++)), depth)) return false;
    } while (take(','));
    return take(']');
  }

  bool number(const std::string& path) {
    double out = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error == std::errc::invalid_argument) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    if (error != std::errc() || !std::isfinite(out)) return true;
    if (out_.size() == limits_.numbers) return false;
    out_.emplace_back(path, out);
    return true;
  }

  bool value(const std::string& path, std::size_t depth) {
    if (depth == limits_.depth) return false;
    skip();
    if (rest_.empty()) return false;
    if (take('{')) return map(path, depth + 1);
    if (take('[')) return list(path, depth + 1);
    if (rest_[0] == '"') return text().has_value();
    if (word("true") || word("false") || word("null")) return true;
    if (rest_[0] != '-' && (rest_[0] < '0' || rest_[0] > '9')) return false;
    return number(path);
  }

  std::string_view rest_;
  const JsonLimits& limits_;
  std::vector<std::pair<std::string, double>> out_{};
};

}  // namespace

std::optional<std::vector<std::pair<std::string, double>>> json_numbers(std::string_view text,
                                                                        const JsonLimits& limits) {
  return Reader(text, limits).read();
}

}  // namespace ktstr
