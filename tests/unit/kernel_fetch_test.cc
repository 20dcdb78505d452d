// SPDX-License-Identifier: GPL-2.0-only
// Fetching against a made-up package archive: apt's programs are replaced by scripts in front of
// PATH, packages are real ones built here, dpkg-deb and depmod are the system's.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>

#include "base/fd.h"
#include "base/process.h"
#include "image/modules.h"
#include "kernel/fetch.h"
#include "kernel/find.h"
#include "support/environment.h"
#include "support/temporary_directory.h"
#include "unit/kernel_samples.h"

using namespace ktstr;
using namespace ktstr::kernel;
using namespace ktstr::test;

namespace {

namespace fs = std::filesystem;

constexpr const char* release = "6.99.1+deb0-cloud";
constexpr const char* binary = "linux-binary-6.99.1+deb0-cloud";
constexpr const char* modules = "linux-modules-6.99.1+deb0-cloud";

class Archive {
 public:
  Archive() {
    write("system/sources.list", "deb http://archive.invalid/debian stable main\n", 0644);
    write("bin/apt-config", "echo \"list='$ARCHIVE/system/sources.list' parts='/nonexistent/'\"\n");
    write("bin/apt-cache",
          "for name; do :; done\ncat \"$ARCHIVE/pool/$name.control\" 2>/dev/null || "
          "{ echo 'E: No packages found'; exit 100; }\n");
    write(
        "bin/apt-get",
        "echo \"$*\" >>\"$ARCHIVE/log\"\n"
        "case \"$*\" in\n"
        "*update*) [ ! -e \"$ARCHIVE/offline\" ] || { echo 'E: Could not connect'; exit 100; } ;;\n"
        "*download*) for name; do :; done\n"
        "  cp \"$ARCHIVE/pool/${name}_\"* . || { echo 'E: Could not connect'; exit 100; } ;;\n"
        "esac\n");
    publish("1");
  }

  /// A release of the packages; `version` also goes into the configuration.
  void publish(const std::string& version) {
    fs::remove_all(root_ / "pool");
    control("linux-image-cloud", version,
            std::string(binary) + " (= " + version + "), " + modules + " (= " + version + ")");
    const std::string tree = "/usr/lib/modules/" + std::string(release);
    const Buffer vmlinux = make_elf(usual_sections(release));
    package(binary, version,
            {{tree + "/vmlinuz", make_bz_image(pack(Packing::zstd, vmlinux), release)},
             {tree + "/config", to_buffer("CONFIG_TEST=" + version + "\n")}});
    package(modules, version,
            {{tree + "/modules.builtin", to_buffer("kernel/virtio_pci.ko\n")},
             {tree + "/modules.order", {}},
             {tree + "/kernel/net/vsock.ko", make_elf({})}});
  }

  Result<ir::KernelFacts> fetch() {
    const FetchProgress quiet = [](std::string_view) {};
    return fetch_kernel(kernels(), {"some-suite", "linux-image-cloud"}, quiet);
  }

  [[nodiscard]] std::string kernels() const { return root_ / "kernels"; }
  [[nodiscard]] std::string path(const std::string& name) const { return root_ / name; }
  /// How often apt was asked to download something.
  [[nodiscard]] int downloads() const {
    const std::string log = read_text(root_ / "log").value_or("");
    int count = 0;
    for (std::size_t at = 0; (at = log.find(" download ", at)) != log.npos; ++at) ++count;
    return count;
  }
  /// Everything below kernels/, hidden or not, but the lock.
  [[nodiscard]] std::vector<std::string> entries() const {
    std::vector<std::string> out;
    for (const fs::directory_entry& entry : fs::directory_iterator(kernels()))
      if (entry.path().filename() != ".lock" && entry.path().filename() != ".extracted")
        out.push_back(entry.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  void write(const std::string& name, const std::string& text, unsigned mode = 0755) {
    fs::create_directories(fs::path(root_ / name).parent_path());
    const std::string script = mode == 0755 ? "#!/bin/sh\n" + text : text;
    REQUIRE(write_file_atomically(root_ / name, as_bytes(script), mode));
  }

  void control(const std::string& name, const std::string& version, const std::string& depends) {
    const std::string text = "Package: " + name + "\nVersion: " + version +
                             "\nArchitecture: all\nMaintainer: nobody <n@example.org>\n" +
                             (depends.empty() ? "" : "Depends: " + depends + "\n") +
                             "Description: made up\n";
    write("pool/" + name + ".control", text, 0644);
  }

  void package(const std::string& name, const std::string& version,
               const std::vector<std::pair<std::string, Buffer>>& files) {
    control(name, version, "");
    const std::string tree = root_ / ("build-" + name + version);
    fs::create_directories(tree + "/DEBIAN");
    fs::copy(root_ / ("pool/" + name + ".control"), tree + "/DEBIAN/control");
    for (const auto& [path, content] : files) {
      fs::create_directories(fs::path(tree + path).parent_path());
      REQUIRE(write_file_atomically(tree + path, content));
    }
    const std::string file = root_ / ("pool/" + name + "_" + version + "_all.deb");
    const Output built =
        run_command({.argv = {"dpkg-deb", "-Znone", "--root-owner-group", "-b", tree, file}}, 60s)
            .value();
    CAPTURE(built.err);
    REQUIRE(built.exit.success());
  }

  TemporaryDirectory root_;
  Environment archive_{"ARCHIVE", root_.path()};
  Environment cache_{"XDG_CACHE_HOME", root_ / "cache"};
  Environment search_{"PATH", root_ / "bin" + ":" + std::getenv("PATH")};
};

bool has_tools() {
  return fs::exists("/usr/bin/dpkg-deb") && fs::exists("/sbin/depmod");
}

const std::vector<std::string> finished = {"6.99.1-cloud", "stock"};

}  // namespace

TEST_CASE("a fetched kernel is whole, called stock, and not fetched again") {
  if (!has_tools()) SKIP("dpkg-deb or depmod is not installed");
  Archive archive;
  const Result<ir::KernelFacts> facts = archive.fetch();
  REQUIRE(facts);
  CHECK(facts->name == "6.99.1-cloud");
  CHECK(facts->release == release);
  CHECK(facts->origin == "linux-image-cloud 1 of some-suite");
  CHECK(facts->option("TEST") == ir::OptionState::yes);
  CHECK(archive.entries() == finished);
  CHECK(find_kernel(archive.kernels(), "stock").value() == *facts);
  const std::string wanted[] = {"vsock", "virtio_pci"};
  const image::ModulePlan plan = image::resolve_modules(facts->modules, wanted).value();
  REQUIRE(plan.load_order.size() == 1);
  CHECK(image::read_module(plan.load_order[0].path).value() == make_elf({}));
  CHECK(plan.builtin.size() == 1);

  CHECK(archive.downloads() == 2);
  CHECK(archive.fetch().value() == *facts);
  CHECK(archive.downloads() == 2);
}

TEST_CASE("a newer package replaces the kernel of the same name") {
  if (!has_tools()) SKIP("dpkg-deb or depmod is not installed");
  Archive archive;
  REQUIRE(archive.fetch());
  archive.publish("2");
  const ir::KernelFacts facts = archive.fetch().value();
  CHECK(facts.origin == "linux-image-cloud 2 of some-suite");
  CHECK(facts.options.at("TEST") == "2");
  CHECK(archive.entries() == finished);
}

TEST_CASE("an interrupted fetch goes on where it stopped and sweeps what a killed one left") {
  if (!has_tools()) SKIP("dpkg-deb or depmod is not installed");
  Archive archive;
  const std::string deb = archive.path("pool/" + std::string(modules) + "_1_all.deb");
  fs::rename(deb, deb + ".away");
  fs::rename(deb + ".away", archive.path("away"));
  const Result<ir::KernelFacts> cut = archive.fetch();
  REQUIRE_FALSE(cut);
  CHECK(list_kernels(archive.kernels())->kernels.empty());
  CHECK(list_kernels(archive.kernels())->broken.empty());

  fs::rename(archive.path("away"), deb);
  fs::remove(archive.path("pool/" + std::string(binary) + "_1_all.deb"));  // Downloaded before.
  fs::create_directories(archive.kernels() + "/.incoming/6.99.1-cloud/modules");
  fs::create_directories(archive.kernels() + "/.download/0.9");
  REQUIRE(archive.fetch());
  CHECK(archive.entries() == finished);
}

TEST_CASE("two fetches at once make one kernel") {
  if (!has_tools()) SKIP("dpkg-deb or depmod is not installed");
  Archive archive;
  bool good[2] = {};
  std::thread first([&] { good[0] = archive.fetch().has_value(); });
  std::thread second([&] { good[1] = archive.fetch().has_value(); });
  first.join();
  second.join();
  CHECK((good[0] && good[1]));
  CHECK(archive.downloads() == 2);
  CHECK(archive.entries() == finished);
}

TEST_CASE("offline and a package that does not exist say so and what to do") {
  Archive archive;
  REQUIRE(write_file_atomically(archive.path("offline"), {}));
  const Result<ir::KernelFacts> offline = archive.fetch();
  REQUIRE_FALSE(offline);
  CHECK(offline.error().what.find("cannot be reached") != std::string::npos);
  CHECK(offline.error().hint.find("--kernel PATH") != std::string::npos);
  CHECK(offline.error().what.find('\n') == std::string::npos);

  fs::remove(archive.path("offline"));
  const Result<ir::KernelFacts> absent =
      fetch_kernel(archive.kernels(), {"some-suite", "linux-absent"}, [](std::string_view) {});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().what.find("no such package") != std::string::npos);
}
