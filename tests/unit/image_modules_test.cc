// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/fd.h"
#include "image/modules.h"
#include "support/temporary_directory.h"
#include "unit/compressed.h"

using namespace ktstr;
using namespace ktstr::image;

namespace {

void write(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  REQUIRE(write_file_atomically(path, as_bytes(text)));
}

std::vector<std::string> names(const std::vector<Module>& modules) {
  std::vector<std::string> out;
  for (const Module& module : modules) out.push_back(module.name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("dependencies load before what needs them, each once") {
  const TemporaryDirectory directory;
  write(directory / "modules.dep",
        "kernel/net/vsock.ko.xz:\n"
        "kernel/net/vmw-vsock-common.ko.xz: kernel/net/vsock.ko.xz\n"
        "kernel/net/vmw_vsock_virtio.ko.xz: kernel/net/vmw-vsock-common.ko.xz "
        "kernel/net/vsock.ko.xz\n"
        "kernel/net/loopback.ko.xz: kernel/net/vsock.ko.xz\n");
  write(directory / "modules.builtin", "kernel/drivers/virtio/virtio-pci.ko\n");
  const Names wanted = {"vmw-vsock-virtio", "loopback", "virtio_pci", "nothing", "vsock"};
  const ModulePlan plan = resolve_modules(directory.path(), wanted).value();
  CHECK(names(plan.load_order) ==
        Names{"vsock", "vmw_vsock_common", "vmw_vsock_virtio", "loopback"});
  CHECK(plan.load_order[0].path == directory / "kernel/net/vsock.ko.xz");
  CHECK(plan.builtin == Names{"virtio_pci"});
  CHECK(plan.missing == Names{"nothing"});
}

TEST_CASE("a module whose dependency is gone reports the dependency") {
  const TemporaryDirectory directory;
  write(directory / "modules.dep", "a.ko: b.ko\nb.ko: c.ko\n");
  const Names wanted = {"a"};
  const ModulePlan plan = resolve_modules(directory.path(), wanted).value();
  CHECK(plan.missing == Names{"c"});
}

TEST_CASE("modules.dep may be nonsense, circular or very deep") {
  const TemporaryDirectory directory;
  std::string text = "no colon\n:\n: x\n\nx.ko: y.ko\ny.ko: x.ko\nself.ko: self.ko\n";
  constexpr int deep = 50'000;
  for (int i = 0; i < deep; ++i)
    text += "d" + std::to_string(i) + ".ko: d" + std::to_string(i + 1) + ".ko\n";
  write(directory / "modules.dep", text + "d" + std::to_string(deep) + ".ko:");
  const Names wanted = {"x", "self", "d0"};
  const ModulePlan plan = resolve_modules(directory.path(), wanted).value();
  CHECK(plan.load_order.size() == 3 + deep + 1);
  CHECK(plan.missing.empty());
  CHECK(plan.load_order.back().name == "d0");
}

TEST_CASE("without modules.dep there is no plan, and the error names the file") {
  const TemporaryDirectory directory;
  const Names wanted = {"a"};
  const Result<ModulePlan> plan = resolve_modules(directory.path(), wanted);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().what.find("modules.dep") != std::string::npos);
}

TEST_CASE("modules are unpacked, numbered in load order, and must be ELF files") {
  const TemporaryDirectory directory;
  const std::string elf =
      "\x7F"
      "ELF and the rest";
  using test::Packing;
  const std::pair<const char*, Buffer> files[] = {
      {"m0.ko", Buffer(as_bytes(elf).begin(), as_bytes(elf).end())},
      {"m1.ko.xz", test::pack(Packing::xz, as_bytes(elf))},
      {"m2.ko.zst", test::pack(Packing::zstd, as_bytes(elf))},
      {"m3.ko.gz", test::pack(Packing::gzip, as_bytes(elf))},
  };
  ModulePlan plan;
  for (const auto& [name, content] : files) {
    write(directory / name, as_text(content));
    plan.load_order.push_back({module_name(name), directory / name});
  }
  const std::vector<Entry> entries = module_entries(plan).value();
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].path == "modules/000-m0.ko");
  CHECK(entries[3].path == "modules/003-m3.ko");
  for (const Entry& entry : entries) CHECK(as_text(std::get<File>(entry.what).content) == elf);

  write(directory / "bad.ko", "text");
  CHECK_FALSE(read_module(directory / "bad.ko"));
  write(directory / "cut.ko.xz", as_text(files[1].second).substr(0, 30));
  const Result<Buffer> cut = read_module(directory / "cut.ko.xz");
  REQUIRE_FALSE(cut);
  CHECK(cut.error().what.find("cut.ko.xz") != std::string::npos);
}

TEST_CASE("an unpacked module is kept, and what is kept is believed only when it is whole") {
  const TemporaryDirectory directory;
  const ContentCache cache = ContentCache::open(directory / "kept", 1_MiB).value();
  const Buffer packed = test::pack(test::Packing::xz, as_bytes("\x7F"
                                                               "ELF and the rest"));
  const std::string path = directory / "m.ko.xz";
  write(path, as_text(packed));
  const Buffer plain = read_module(path).value();
  CHECK(read_module(path, &cache).value() == plain);

  const std::string key = content_hash(packed) + ".unpacked";
  const auto kept = [&] { return read_text(cache.path_of(key)).value(); };
  const std::string whole = kept();
  CHECK(whole.starts_with(as_text(plain)));
  CHECK(read_module(path, &cache).value() == plain);
  for (const std::string& damaged :
       {std::string(), whole.substr(1), "\x7F" + std::string("ELF other words!") + whole}) {
    write(cache.path_of(key), damaged);
    CHECK(read_module(path, &cache).value() == plain);
    CHECK(kept() == whole);
  }
  // Nobody unpacks what is known: what is kept with a hash of its own is taken.
  const std::string other = std::string("\x7F") + "ELF known before";
  write(cache.path_of(key), other + content_hash(as_bytes(other)));
  CHECK(as_text(read_module(path, &cache).value()) == other);
}
