// SPDX-License-Identifier: GPL-2.0-only
// The shared libraries of a program, found as the dynamic linker of this host would find them
// (ld.so(8)): DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache, the default directories.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ktstr::image {

/// The contents of ld.so.cache: paths by the name that DT_NEEDED has. Libraries for particular
/// processors are left out, as the guest's may be another. Empty for what is not such a file.
std::map<std::string, std::vector<std::string>, std::less<>> read_library_cache(ByteView cache);

/// Where libraries are looked for besides what the files themselves say.
struct LibraryPaths {
  std::vector<std::string> first;  ///< LD_LIBRARY_PATH.
  std::string cache = "/etc/ld.so.cache";
  std::vector<std::string> last;  ///< The default directories.

  /// This host's.
  static LibraryPaths of_host();
};

struct Library {
  std::string name;  ///< As it is asked for.
  std::string path;  ///< On this host.

  bool operator==(const Library&) const = default;
};

struct Closure {
  std::string interpreter;  ///< The dynamic linker's path; empty for a static program.
  std::vector<Library> libraries;

  bool operator==(const Closure&) const = default;
};

/// Everything that `program` needs to start. A library that is not found is an error that says who
/// needs it and where was looked.
Result<Closure> resolve_libraries(const std::string& program, const LibraryPaths& paths);
/// A library that programs of this host load by its name, and everything that it needs.
Result<Closure> resolve_library(const std::string& name, const LibraryPaths& paths);

}  // namespace ktstr::image
