// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "image/cache.h"
#include "image/initramfs.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::image;

namespace {

std::string read(const Fd& fd) {
  return std::string(as_text(read_all(fd, 1_MiB, "the cached file").value()));
}

std::size_t count_files(const std::string& directory) {
  const std::filesystem::directory_iterator files(directory);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

void set_age(const std::string& path, int hours) {
  timespec times[2] = {{0, UTIME_NOW}, {::time(nullptr) - 3600 * hours, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

std::vector<Entry> entries(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {{"init", File{Buffer(bytes.begin(), bytes.end())}, 0755}};
}

}  // namespace

TEST_CASE("a stored file is found, and storing it again changes nothing") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory / "a/b", 1_MiB).value();
  CHECK_FALSE(cache.find("key").value());
  CHECK(read(cache.store("key", as_bytes("first")).value()) == "first");
  CHECK(read(cache.store("key", as_bytes("second")).value()) == "first");
  CHECK(read(*cache.find("key").value()) == "first");
  REQUIRE(cache.remove("key"));
  REQUIRE(cache.remove("key"));
  CHECK_FALSE(cache.find("key").value());
  CHECK(count_files(directory / "a/b") == 0);
}

TEST_CASE("the files unused for longest go when the cache is full") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory.path(), Bytes{250}).value();
  const std::string content(100, 'x');
  const Fd old = cache.store("old", as_bytes(content)).value();
  REQUIRE(cache.store("used", as_bytes(content)));
  set_age(cache.path_of("old"), 2);
  set_age(cache.path_of("used"), 3);
  REQUIRE(cache.find("used").value());
  REQUIRE(cache.store("new", as_bytes(content)));
  CHECK_FALSE(cache.find("old").value());
  CHECK(cache.find("used").value());
  CHECK(cache.find("new").value());
  CHECK(read(old) == content);

  // One that is larger than everything allowed is still served.
  CHECK(cache.store("huge", as_bytes(std::string(1000, 'y'))));
  CHECK(count_files(directory.path()) == 1);
}

TEST_CASE("many writers of one key agree on one whole file") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory.path(), 64_MiB).value();
  const std::string content(1 << 20, 'z');
  std::vector<std::thread> threads;
  std::vector<int> good(8);
  for (std::size_t i = 0; i < good.size(); ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        const Result<Fd> file = cache.store("same" + std::to_string(round), as_bytes(content));
        struct stat info;
        if (file && ::fstat(file->get(), &info) == 0 && info.st_size == 1 << 20) ++good[i];
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == std::vector<int>(8, 10));
  CHECK(count_files(directory.path()) == 10);
}

TEST_CASE("the cache's home follows XDG_CACHE_HOME, then HOME, and says when there is neither") {
  const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  const std::string xdg =
      std::getenv("XDG_CACHE_HOME") != nullptr ? std::getenv("XDG_CACHE_HOME") : "";
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  ::setenv("HOME", "/h", 1);
  CHECK(cache_home().value() == "/x/ktstr");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  CHECK(cache_home().value() == "/h/.cache/ktstr");
  ::unsetenv("HOME");
  CHECK_FALSE(cache_home());
  if (!home.empty()) ::setenv("HOME", home.c_str(), 1);
  xdg.empty() ? ::unsetenv("XDG_CACHE_HOME") : ::setenv("XDG_CACHE_HOME", xdg.c_str(), 1);
}

TEST_CASE("equal initramfs contents are one cached file") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory.path(), 1_MiB).value();
  const Initramfs first = build_initramfs(entries("one"), &cache).value();
  const Initramfs again = build_initramfs(entries("one"), &cache).value();
  const Initramfs other = build_initramfs(entries("two"), &cache).value();
  CHECK(first.hash == again.hash);
  CHECK(first.hash != other.hash);
  CHECK(count_files(directory.path()) == 2);
  struct stat a;
  struct stat b;
  REQUIRE(::fstat(first.file.get(), &a) == 0);
  REQUIRE(::fstat(again.file.get(), &b) == 0);
  CHECK(a.st_ino == b.st_ino);
  CHECK(static_cast<std::uint64_t>(a.st_size) == first.size.count);
}

TEST_CASE("a cached initramfs that was tampered with is made anew") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory.path(), 1_MiB).value();
  const Initramfs first = build_initramfs(entries("one"), &cache).value();
  const std::string good = read(first.file);
  const std::string path = std::filesystem::directory_iterator(directory.path())->path();
  std::string bad = good;
  bad[200] = static_cast<char>(~bad[200]);
  for (const std::string& content : {bad, good.substr(0, 100), std::string()}) {
    std::filesystem::remove(path);
    REQUIRE(write_file_atomically(path, as_bytes(content)));
    CHECK(read(build_initramfs(entries("one"), &cache)->file) == good);
  }
}

TEST_CASE("without a cache the initramfs is in memory that nobody can change") {
  const Initramfs built = build_initramfs(entries("one"), nullptr).value();
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory.path(), 1_MiB).value();
  CHECK(read(built.file) == read(build_initramfs(entries("one"), &cache)->file));
  CHECK(::write(built.file.get(), "x", 1) == -1);
  CHECK(::ftruncate(built.file.get(), 0) == -1);
}
