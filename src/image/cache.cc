// SPDX-License-Identifier: GPL-2.0-only
#include "image/cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/check.h"

namespace ktstr::image {
namespace {

namespace fs = std::filesystem;

/// Gives the nameless file `fd` the name `path`; false when the name is taken.
Result<bool> link_as(const Fd& fd, const std::string& path) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST) return false;
  return fail_errno("link " + path);
}

}  // namespace

Result<std::string> cache_home() {
  const auto absolute = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr && value[0] == '/' ? value : "");
  };
  if (const std::string xdg = absolute("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/ktstr";
  if (const std::string home = absolute("HOME"); !home.empty()) return home + "/.cache/ktstr";
  return fail("find the cache directory: neither XDG_CACHE_HOME nor HOME is an absolute path",
              "set one of them");
}

Status make_directories(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail_code(error.value(), "make directory " + path);
  return {};
}

std::string content_hash(ByteView bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text;
}

Result<ContentCache> ContentCache::open(std::string directory, Bytes limit) {
  TRY(make_directories(directory));
  return ContentCache(std::move(directory), limit);
}

std::string ContentCache::path_of(std::string_view key) const {
  CHECK(!key.empty() && key.find('/') == key.npos && key[0] != '.');
  return directory_ + "/" + std::string(key);
}

Result<std::optional<Fd>> ContentCache::find(std::string_view key) const {
  Result<Fd> file = open_file(path_of(key), O_RDONLY);
  if (!file && file.error().code == ENOENT) return std::optional<Fd>();
  if (!file) return tl::unexpected(std::move(file).error());
  // The age decides only who is swept first; a cache that is not ours to write still serves.
  [[maybe_unused]] const int touched = ::futimens(file->get(), nullptr);
  return std::optional(std::move(*file));
}

Result<Fd> ContentCache::store(std::string_view key, ByteView content) const {
  const std::string path = path_of(key);
  const Fd staged = TRY(open_file(directory_, O_TMPFILE | O_WRONLY, 0644));
  TRY(write_all(staged, content, path));
  // The name must not outlive the content in a power failure.
  if (::fdatasync(staged.get()) != 0) return fail_errno("write " + path);
  TRY(link_as(staged, path));
  sweep(key);
  std::optional<Fd> file = TRY(find(key));
  if (!file) return fail_code(ENOENT, "open " + path, "something removes files of the cache");
  return std::move(*file);
}

Status ContentCache::remove(std::string_view key) const {
  const std::string path = path_of(key);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove " + path);
  return {};
}

/// Another process may be sweeping too, so that a file is gone is never a failure here.
void ContentCache::sweep(std::string_view keep) const {
  struct Stored {
    std::string path;
    std::uint64_t size;
    timespec used;
  };
  std::vector<Stored> files;
  std::uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator at(directory_, error), end; !error && at != end;
       at.increment(error)) {
    struct stat info;
    const std::string path = at->path();
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    total += static_cast<std::uint64_t>(info.st_size);
    if (at->path().filename() != keep)
      files.push_back({path, static_cast<std::uint64_t>(info.st_size), info.st_mtim});
  }
  std::ranges::sort(
      files, {}, [](const Stored& file) { return std::pair(file.used.tv_sec, file.used.tv_nsec); });
  for (const Stored& file : files) {
    if (total <= limit_.count) return;
    ::unlink(file.path.c_str());
    total -= file.size;
  }
}

}  // namespace ktstr::image
