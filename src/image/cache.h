// SPDX-License-Identifier: GPL-2.0-only
// A directory of files named by what they were made from. Files appear whole or not at all, any
// number of processes may share the directory, a killed one leaves nothing, and the files unused
// for the longest time go when the directory outgrows its limit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr::image {

/// Where everything of ktstr's that can be made again lives: $XDG_CACHE_HOME/ktstr, or
/// ~/.cache/ktstr. Fails when neither variable holds an absolute path.
Result<std::string> cache_home();

/// Makes `path` and what stands above it.
Status make_directories(const std::string& path);

/// 128 bits in hexadecimal; not meant against anybody who wants two contents to collide.
std::string content_hash(ByteView bytes);

class ContentCache {
 public:
  /// Makes `directory` when it does not exist.
  static Result<ContentCache> open(std::string directory, Bytes limit);

  /// The file stored under `key`, open for reading, and marked as used now.
  [[nodiscard]] Result<std::optional<Fd>> find(std::string_view key) const;
  /// Stores `content` unless `key` is there already, and gives the file in either case. Removes
  /// others where the limit asks for it; those that are open elsewhere stay readable there.
  [[nodiscard]] Result<Fd> store(std::string_view key, ByteView content) const;
  /// Forgets `key`, if it is there.
  [[nodiscard]] Status remove(std::string_view key) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

 private:
  ContentCache(std::string directory, Bytes limit)
      : directory_(std::move(directory)), limit_(limit) {}
  void sweep(std::string_view keep) const;

  std::string directory_;
  Bytes limit_;
};

}  // namespace ktstr::image
