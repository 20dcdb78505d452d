// SPDX-License-Identifier: GPL-2.0-only
// A program of this host for the guest, with everything it needs to start and the files that are to
// be beside it. They go into a directory of its own and their libraries into `lib` there, which the
// guest names in LD_LIBRARY_PATH; what interprets them, the dynamic linker or that of a `#!`, goes
// where they look for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/cpio.h"
#include "image/libraries.h"

namespace ktstr::image {

class ProgramPack {
 public:
  /// `directory` is in the guest, without a leading slash; `paths` outlives the pack.
  ProgramPack(std::string directory, const LibraryPaths& paths)
      : directory_(std::move(directory)), paths_(paths) {}

  /// Packs a program by its file's name and gives its path in the guest. Fails on what neither is
  /// an ELF file nor begins with `#!`.
  Result<std::string> add_program(const std::string& path);
  /// Packs a file as `name`, which may have directories, with what it needs if it is a program or
  /// library; of a directory everything in it.
  Status add_file(const std::string& path, const std::string& name);
  /// A shared library that is loaded by its name alone.
  Status add_library(const std::string& name);

  std::vector<Entry> take() { return std::move(entries_); }

 private:
  Status add(const std::string& path, const std::string& target);
  /// It goes where it is on this host.
  Status add_interpreter(const std::string& interpreter, const std::string& whose);
  Status add_script(const std::string& path, std::string_view line);
  Status add_closure(const Closure& closure);
  Status add_tree(const std::string& path, const std::string& name);

  std::string directory_;
  const LibraryPaths& paths_;
  std::map<std::string, std::string> sources_{};  ///< By the path in the guest.
  std::vector<Entry> entries_{};
};

}  // namespace ktstr::image
