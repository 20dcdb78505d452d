// SPDX-License-Identifier: GPL-2.0-only
#include "image/libraries.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include <fcntl.h>

#include "base/mapping.h"
#include "image/elf.h"

namespace ktstr::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_libraries = 1000;
constexpr std::uint64_t largest_file = std::uint64_t{2} << 30;

Result<ElfNeeds> needs_of(const std::string& path) {
  const Fd file = TRY(open_file(path, O_RDONLY));
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  if (error || size == 0 || size > largest_file) return fail("read " + path + ": no usable size");
  const Mapping mapping = TRY(Mapping::of(file, Bytes{size}, Mapping::Access::read));
  Result<ElfNeeds> needs = read_elf_needs(mapping.bytes());
  if (!needs) return fail_within(path, std::move(needs).error());
  return needs;
}

/// `$ORIGIN` and `${ORIGIN}` are the directory of the file that says so.
std::string with_origin(std::string directory, const std::string& of) {
  const std::string origin = fs::path(of).parent_path().string();
  for (const std::string_view token : {"${ORIGIN}", "$ORIGIN"})
    for (std::size_t at = 0; (at = directory.find(token, at)) != std::string::npos;
         at += origin.size())
      directory.replace(at, token.size(), origin);
  return directory;
}

std::vector<std::string> with_origin(const std::vector<std::string>& list, const std::string& of) {
  std::vector<std::string> out;
  for (const std::string& each : list) out.push_back(with_origin(each, of));
  return out;
}

class Search {
 public:
  explicit Search(const LibraryPaths& paths) : paths_(paths) {
    if (const Result<Buffer> cache = read_file(paths.cache, 64_MiB))
      cache_ = read_library_cache(*cache);
  }

  /// Of the file `program`, which need not be there.
  Result<Closure> run(const std::string& program, const ElfNeeds& own) {
    machine_ = own.machine;
    Closure out{own.interpreter, {}};
    std::vector<Object> open{{program, own, {}}};
    std::set<std::string> known;
    while (!open.empty()) {
      const Object object = std::move(open.back());
      open.pop_back();
      // DT_RPATH holds for what an object loads, too; DT_RUNPATH only for itself, and rules it out.
      std::vector<std::string> rpath = object.inherited;
      if (object.needs.runpath.empty())
        for (std::string& each : with_origin(object.needs.rpath, object.path))
          rpath.insert(rpath.begin(), std::move(each));
      for (const std::string& name : object.needs.needed) {
        if (!known.insert(name).second) continue;
        if (known.size() > most_libraries) return fail(program + " needs too many libraries");
        auto [path, needs] = TRY(find(name, object, rpath));
        out.libraries.push_back({name, path});
        open.push_back({std::move(path), std::move(needs), rpath});
      }
    }
    // The linker itself is at its own path; as a library it is the same file.
    const std::string linker = fs::path(out.interpreter).filename();
    std::erase_if(out.libraries, [&](const Library& library) { return library.name == linker; });
    return out;
  }

 private:
  struct Object {
    std::string path;
    ElfNeeds needs;
    std::vector<std::string> inherited;  ///< DT_RPATH of those that loaded it.
  };
  using Found = std::pair<std::string, ElfNeeds>;

  [[nodiscard]] std::optional<Found> usable(const std::string& path) const {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return std::nullopt;
    Result<ElfNeeds> needs = needs_of(path);
    if (!needs || needs->machine != machine_) return std::nullopt;
    return Found(path, *std::move(needs));
  }

  Result<Found> find(const std::string& name, const Object& who,
                     const std::vector<std::string>& rpath) const {
    if (name.find('/') != std::string::npos) {
      if (std::optional<Found> found = usable(with_origin(name, who.path)))
        return *std::move(found);
      return fail(who.path + " needs " + name + ", which is not there");
    }
    std::vector<std::string> directories;
    const auto add = [&](const std::vector<std::string>& list) {
      directories.insert(directories.end(), list.begin(), list.end());
    };
    if (who.needs.runpath.empty()) add(rpath);
    add(paths_.first);
    add(with_origin(who.needs.runpath, who.path));
    std::string looked;
    const auto in_directories = [&]() -> std::optional<Found> {
      for (const std::string& directory : directories) {
        looked += (looked.empty() ? "" : ", ") + directory;
        if (std::optional<Found> found = usable(directory + "/" + name)) return found;
      }
      return std::nullopt;
    };
    if (std::optional<Found> found = in_directories()) return *std::move(found);
    if (const auto cached = cache_.find(name); cached != cache_.end())
      for (const std::string& path : cached->second)
        if (std::optional<Found> found = usable(path)) return *std::move(found);
    looked += (looked.empty() ? "" : ", ") + paths_.cache;
    directories = paths_.last;
    if (std::optional<Found> found = in_directories()) return *std::move(found);
    return fail(who.path + " needs the library " + name + ", which is not found",
                "looked in " + looked);
  }

  const LibraryPaths& paths_;
  std::uint16_t machine_ = 0;
  std::map<std::string, std::vector<std::string>, std::less<>> cache_{};
};

}  // namespace

std::map<std::string, std::vector<std::string>, std::less<>> read_library_cache(ByteView cache) {
  // struct cache_file_new of glibc's sysdeps/generic/dl-cache.h: a magic, the number of entries,
  // and behind 48 bytes the entries; strings are addressed from the magic on.
  constexpr std::string_view magic = "glibc-ld.so.cache1.1";
  constexpr std::size_t header = 48, entry = 24, most_entries = 200'000;
  std::map<std::string, std::vector<std::string>, std::less<>> out;
  const std::size_t begin = as_text(cache).find(magic);
  if (begin == std::string_view::npos || cache.size() - begin < header) return out;
  cache = cache.subspan(begin);
  const std::size_t count = std::min<std::size_t>(
      {load_le<std::uint32_t>(cache, magic.size()), (cache.size() - header) / entry, most_entries});
  const auto text = [&](std::uint32_t offset) -> std::string_view {
    if (offset >= cache.size()) return {};
    const std::string_view rest = as_text(cache.subspan(offset));
    return rest.substr(0, std::min(rest.find('\0'), std::size_t{4096}));
  };
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = header + i * entry;
    const auto capabilities = load_le<std::uint64_t>(cache, at + 16);
    const std::string_view name = text(load_le<std::uint32_t>(cache, at + 4));
    const std::string_view path = text(load_le<std::uint32_t>(cache, at + 8));
    if (capabilities == 0 && !name.empty() && path.starts_with('/'))
      out[std::string(name)].emplace_back(path);
  }
  return out;
}

LibraryPaths LibraryPaths::of_host() {
  LibraryPaths out;
  if (const char* list = std::getenv("LD_LIBRARY_PATH")) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const std::size_t end = rest.find(':');
      if (end > 0) out.first.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  out.last = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
  return out;
}

Result<Closure> resolve_libraries(const std::string& program, const LibraryPaths& paths) {
  return Search(paths).run(program, TRY(needs_of(program)));
}

Result<Closure> resolve_library(const std::string& name, const LibraryPaths& paths) {
  ElfNeeds wanted;
  wanted.machine = TRY(needs_of("/proc/self/exe")).machine;
  wanted.needed = {name};
  return Search(paths).run("the scenario", wanted);
}

}  // namespace ktstr::image
