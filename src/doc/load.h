// SPDX-License-Identifier: GPL-2.0-only
// The one way into a document: text or file in, trees out, every mistake a Diagnostic. Whatever the
// text is, the work is bounded: limits hold before anything is expanded or recursed into.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/source.h"
#include "doc/node.h"

namespace ktstr::doc {

inline constexpr std::size_t max_bytes = 1 << 20;  ///< Of a file, and of all its scalars and keys.
inline constexpr std::size_t max_nodes = 100'000;  ///< Of a file, an alias counted at every use.
inline constexpr std::size_t max_depth = 64;       ///< Lists and maps inside each other.
inline constexpr std::size_t max_key = 1024;       ///< Bytes of one key.
inline constexpr std::size_t max_scalar = 64 << 10;  ///< Bytes of one scalar.
inline constexpr std::size_t max_broken = 20;        ///< Syntax errors after which reading stops.

enum class Format { yaml, toml, json };

/// By extension: .yaml .yml .toml .json.
std::optional<Format> format_of(std::string_view path);

struct Document {
  std::shared_ptr<const Source> source;
  Node root;
};

/// All documents of a text; YAML may hold several. After a mistake the rest is read as far as it
/// still makes sense, so what is returned is whole only if no error was added.
std::vector<Document> parse(const std::shared_ptr<const Source>& source, Format format,
                            Diagnostics& diagnostics);

/// Reads a regular file of at most max_bytes and parses it; never blocks, never reads a device.
std::vector<Document> load(const std::string& path, Diagnostics& diagnostics);

}  // namespace ktstr::doc
