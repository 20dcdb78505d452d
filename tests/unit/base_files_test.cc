// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cerrno>
#include <filesystem>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mapping.h"
#include "support/temporary_directory.h"

using namespace ktstr;

TEST_CASE("a failed open names the path and the reason") {
  const Result<Fd> missing = open_file("/nonexistent/file", O_RDONLY);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ENOENT);
  CHECK(describe(missing.error()) == "open /nonexistent/file: No such file or directory");
}

TEST_CASE("an Fd closes once and moves") {
  Result<std::pair<Fd, Fd>> pair = stream_pair();
  REQUIRE(pair);
  const int raw = pair->first.get();
  Fd moved = std::move(pair->first);
  CHECK(moved.get() == raw);
  CHECK_FALSE(pair->first);
  moved = Fd();
  CHECK(::fcntl(raw, F_GETFD) == -1);
}

TEST_CASE("reading stops at the limit") {
  const TemporaryDirectory directory;
  const std::string path = directory / "big";
  REQUIRE(write_file_atomically(path, Buffer(200'000)));
  CHECK(read_file(path, Bytes{300'000})->size() == 200'000);
  const Result<Buffer> refused = read_file(path, Bytes{100'000});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EFBIG);
}

TEST_CASE("an atomic write replaces a file and leaves nothing else") {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  REQUIRE(write_file_atomically(path, as_bytes("one")));
  REQUIRE(write_file_atomically(path, as_bytes("two"), 0600));
  CHECK(read_text(path).value() == "two");
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("shared mappings of a memfd see each other, a private one does not write back") {
  const Fd fd = create_memfd("test", 4_KiB).value();
  const Mapping one = Mapping::of(fd, 4_KiB, Mapping::Access::write).value();
  const Mapping two = Mapping::of(fd, 4_KiB, Mapping::Access::read).value();
  const Mapping copy = Mapping::of(fd, 4_KiB, Mapping::Access::copy_on_write).value();
  store_le<std::uint32_t>(one.bytes(), 8, 0x01020304);
  CHECK(load_le<std::uint32_t>(two.bytes(), 8) == 0x01020304);
  CHECK(two.bytes()[8] == std::byte{4});
  store_le<std::uint32_t>(copy.bytes(), 8, 7);
  CHECK(load_le<std::uint32_t>(one.bytes(), 8) == 0x01020304);
}
