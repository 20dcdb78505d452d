// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "image/cpio.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::image;

namespace {

File file(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {Buffer(bytes.begin(), bytes.end())};
}

/// Runs GNU cpio, the oracle, on an archive in `directory`.
Output cpio(const TemporaryDirectory& directory, const std::string& options) {
  const std::string script = "cd '" + directory.path() + "' && cpio " + options + " < archive";
  return run_command({.argv = {"sh", "-c", script}}, 10s).value();
}

std::vector<Entry> sample() {
  return {
      {"init", file("#!/bin/sh\n"), 0755},
      {"dev", Directory{}, 0700},
      {"dev/console", CharacterDevice{5, 1}, 0600},
      {"usr/lib/deep/odd", file("x"), 0644},
      {"empty", file(""), 0444},
      {"lib", Symlink{"usr/lib"}},
  };
}

}  // namespace

TEST_CASE("cpio lists and unpacks what was packed") {
  const TemporaryDirectory directory;
  const Buffer archive = write_cpio(sample()).value();
  REQUIRE(write_file_atomically(directory / "archive", archive));

  const Output listed = cpio(directory, "-t --quiet");
  CHECK(listed.exit.success());
  CHECK(listed.err.empty());
  CHECK(listed.out ==
        "dev\ndev/console\nempty\ninit\nlib\nusr\nusr/lib\nusr/lib/deep\nusr/lib/deep/odd\n");

  const Output unpacked =
      cpio(directory, "-i --quiet --no-preserve-owner 'init' 'dev' 'usr*' 'l*' 'e*'");
  CHECK(unpacked.exit.success());
  CHECK(read_text(directory / "init").value() == "#!/bin/sh\n");
  CHECK(read_text(directory / "usr/lib/deep/odd").value() == "x");
  CHECK(std::filesystem::read_symlink(directory / "lib") == "usr/lib");
  CHECK(std::filesystem::file_size(directory / "empty") == 0);
  struct stat info;
  REQUIRE(::stat((directory / "init").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0755);
  REQUIRE(::stat((directory / "dev").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0700);
}

TEST_CASE("a device node carries its numbers") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "archive", write_cpio(sample()).value()));
  const Output listed = cpio(directory, "-tv --quiet dev/console");
  CHECK(listed.out.starts_with("crw-------"));
  CHECK(listed.out.find("5,   1") != std::string::npos);
}

TEST_CASE("the archive depends on nothing but its entries") {
  std::vector<Entry> reversed = sample();
  std::reverse(reversed.begin(), reversed.end());
  const Buffer archive = write_cpio(sample()).value();
  CHECK(write_cpio(reversed).value() == archive);
  CHECK(archive.size() % 512 == 0);

  std::vector<Entry> twice = sample();
  twice.push_back(twice.front());
  CHECK(write_cpio(twice).value() == archive);

  std::vector<Entry> changed = sample();
  changed[0].mode = 0700;
  CHECK(write_cpio(changed).value() != archive);
}

TEST_CASE("entries that cannot be in one archive are refused") {
  for (const char* path : {"", "/init", "a//b", "a/", "./a", "a/../b", ".."}) {
    CAPTURE(path);
    CHECK_FALSE(write_cpio({{path, Directory{}}}));
  }
  const Result<Buffer> conflict = write_cpio({{"a", file("1")}, {"a", file("2")}});
  REQUIRE_FALSE(conflict);
  CHECK(conflict.error().what.find("/a") != std::string::npos);
  CHECK_FALSE(write_cpio({{"a", file("1")}, {"a/b", file("2")}}));
  CHECK_FALSE(write_cpio({{"a", Symlink{"b"}}, {"a/b", file("2")}}));
}

TEST_CASE("an empty archive is one that cpio accepts") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "archive", write_cpio({}).value()));
  const Output listed = cpio(directory, "-t --quiet");
  CHECK(listed.exit.success());
  CHECK(listed.out.empty());
}
