// SPDX-License-Identifier: GPL-2.0-only
// The shared libraries of programs, against the dynamic linker's own opinion.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "base/fd.h"
#include "base/process.h"
#include "image/elf.h"
#include "image/libraries.h"
#include "image/program.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::image;

namespace {

namespace fs = std::filesystem;

std::string self() {
  return fs::read_symlink("/proc/self/exe").string();
}

/// The files that ldd names, with links followed.
std::set<std::string> by_linker(const std::string& program) {
  const Output output = run_command({.argv = {"ldd", program}, .inherit = {}, .environment = {}},
                                    Nanos(10'000'000'000))
                            .value();
  std::set<std::string> out;
  for (std::size_t at = 0; (at = output.out.find('/', at)) != std::string::npos;) {
    const std::size_t end = output.out.find_first_of(" \n", at);
    out.insert(fs::canonical(output.out.substr(at, end - at)).string());
    at = end;
  }
  return out;
}

std::set<std::string> paths_of(const std::vector<Entry>& entries) {
  std::set<std::string> out;
  for (const Entry& entry : entries) out.insert(entry.path);
  return out;
}

}  // namespace

TEST_CASE("a program's libraries are those that the dynamic linker loads") {
  const Closure closure = resolve_libraries(self(), LibraryPaths::of_host()).value();
  std::set<std::string> found{fs::canonical(closure.interpreter).string()};
  for (const Library& library : closure.libraries)
    found.insert(fs::canonical(library.path).string());
  CHECK(found == by_linker(self()));
}

TEST_CASE("a packed program stands with its libraries in one directory") {
  const LibraryPaths libraries = LibraryPaths::of_host();
  ProgramPack pack("schedulers/0", libraries);
  const std::string path = pack.add_program(self()).value();
  CHECK(path == "/schedulers/0/" + fs::path(self()).filename().string());
  const std::vector<Entry> entries = pack.take();
  const std::set<std::string> paths = paths_of(entries);
  CHECK(paths.contains(path.substr(1)));
  CHECK(paths.contains("schedulers/0/lib/libc.so.6"));
  const std::string linker = read_elf_needs(read_file(self(), 1_GiB).value()).value().interpreter;
  CHECK(paths.contains(linker.substr(1)));
  CHECK(write_cpio(entries));
}

TEST_CASE("a script comes with its interpreter, and that of `env` with the program it runs") {
  const LibraryPaths libraries = LibraryPaths::of_host();
  const TemporaryDirectory directory;
  const auto script = [&](const std::string& name, const std::string& text) {
    REQUIRE(write_file_atomically(directory / name, as_bytes(text), 0755));
    return directory / name;
  };
  ProgramPack pack("payloads/0", libraries);
  CHECK(pack.add_program(script("plain", "#! /bin/sh -e\necho hello\n")).value() ==
        "/payloads/0/plain");
  CHECK(pack.add_file(script("by_env", "#!/usr/bin/env -S sleep 1\n"), "tools/by_env"));
  const std::vector<Entry> entries = pack.take();
  const std::set<std::string> paths = paths_of(entries);
  for (const char* path : {"payloads/0/plain", "payloads/0/tools/by_env", "payloads/0/sleep",
                           "payloads/0/lib/libc.so.6", "bin/sh", "usr/bin/env"}) {
    INFO(path);
    CHECK(paths.contains(path));
  }
  for (const Entry& entry : entries)
    if (entry.path.ends_with("/plain")) CHECK(entry.mode == 0755);
  CHECK(write_cpio(entries));

  ProgramPack bad("payloads/1", libraries);
  CHECK(bad.add_program(script("text", "hello\n")).error().what.find("neither an ELF") !=
        std::string::npos);
  CHECK(
      bad.add_program(script("lost", "#!/nowhere/at/all\n")).error().what.find("/nowhere/at/all") !=
      std::string::npos);
  CHECK(bad.add_program(script("near", "#!sh\n")).error().what.find("no absolute path") !=
        std::string::npos);
  CHECK(bad.add_program(script("env", "#!/usr/bin/env no-such-program\n"))
            .error()
            .what.find("`no-such-program`") != std::string::npos);
}

TEST_CASE("files, directories and libraries stand beside a packed program") {
  const LibraryPaths libraries = LibraryPaths::of_host();
  const TemporaryDirectory directory;
  fs::create_directories(directory / "data/deep");
  REQUIRE(write_file_atomically(directory / "data/one", as_bytes("1"), 0600));
  REQUIRE(write_file_atomically(directory / "data/deep/two", as_bytes("2")));
  ProgramPack pack("payloads/0", libraries);
  CHECK(pack.add_file(directory / "data", "data"));
  CHECK(pack.add_library("libc.so.6"));
  CHECK(pack.add_file(directory / "data/one", "one"));
  CHECK(pack.add_file(directory / "data/one", "one"));
  CHECK(pack.add_file(directory / "data/deep/two", "one").error().what.find("is there already") !=
        std::string::npos);
  CHECK(pack.add_library("libno-such-thing.so.7").error().what.find("libno-such-thing.so.7") !=
        std::string::npos);
  const std::set<std::string> paths = paths_of(pack.take());
  CHECK(paths.contains("payloads/0/data/one"));
  CHECK(paths.contains("payloads/0/data/deep/two"));
  CHECK(paths.contains("payloads/0/one"));
  CHECK(paths.contains("payloads/0/lib/libc.so.6"));
}

TEST_CASE("a library that is not found is named with who needs it and where was looked") {
  const TemporaryDirectory directory;
  const LibraryPaths nowhere{.first = {directory.path()}, .cache = directory / "cache", .last = {}};
  const Result<Closure> closure = resolve_libraries(self(), nowhere);
  REQUIRE_FALSE(closure);
  CHECK(closure.error().what.find(" needs the library ") != std::string::npos);
  CHECK(closure.error().hint.find(directory.path()) != std::string::npos);
}

TEST_CASE("what is no program is refused, and no file can make the reader stumble") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "script", as_bytes("#!/bin/sh\n")));
  CHECK_FALSE(resolve_libraries(directory / "script", LibraryPaths::of_host()));
  const Buffer file = read_file(self(), 1_GiB).value();
  for (std::size_t size = 0; size < 4096; size += 7)
    static_cast<void>(read_elf_needs(ByteView(file).first(size)));
  Buffer broken(file.begin(), file.begin() + 64 * 1024);
  for (std::size_t at = 0; at < 2048; ++at) {
    const std::byte before = broken[at];
    broken[at] = std::byte{0xFF};
    static_cast<void>(read_elf_needs(broken));
    broken[at] = before;
  }
}

TEST_CASE("a library cache gives paths by name, and nonsense gives nothing") {
  const Buffer cache = read_file("/etc/ld.so.cache", 64_MiB).value();
  const auto known = read_library_cache(cache);
  REQUIRE(known.contains("libc.so.6"));
  CHECK(known.find("libc.so.6")->second.at(0).starts_with("/"));
  for (std::size_t size = 0; size < 200; ++size)
    static_cast<void>(read_library_cache(ByteView(cache).first(size)));
  CHECK(read_library_cache(as_bytes("nonsense")).empty());
}
