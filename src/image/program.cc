// SPDX-License-Identifier: GPL-2.0-only
#include "image/program.h"

#include "base/fd.h"

namespace ktstr::image {
namespace {

constexpr Bytes largest_file = 1_GiB;

Result<Entry> entry_of(const std::string& from, std::string to) {
  return Entry{std::move(to), File{TRY(read_file(from, largest_file))}, 0755};
}

}  // namespace

Result<PackedProgram> pack_program(const std::string& path, const std::string& directory,
                                   const LibraryPaths& paths) {
  const Closure closure = TRY(resolve_libraries(path, paths));
  const std::string inside = directory + "/" + path.substr(path.rfind('/') + 1);
  PackedProgram out{"/" + inside, {}};
  out.entries.push_back(TRY(entry_of(path, inside)));
  for (const Library& library : closure.libraries)
    out.entries.push_back(TRY(entry_of(library.path, directory + "/lib/" + library.name)));
  if (!closure.interpreter.empty()) {
    if (!closure.interpreter.starts_with('/'))
      return fail(path + " asks for the dynamic linker " + closure.interpreter +
                  ", which is no absolute path");
    out.entries.push_back(TRY(entry_of(closure.interpreter, closure.interpreter.substr(1))));
  }
  return out;
}

}  // namespace ktstr::image
