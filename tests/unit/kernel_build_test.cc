// SPDX-License-Identifier: GPL-2.0-only
// Building from a made-up source tree: its Makefile writes in a moment what a kernel's takes
// minutes for. make, gcc and strip are the system's, the other tools and apt are scripts.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include <sys/eventfd.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "kernel/build.h"
#include "kernel/find.h"
#include "kernel/store.h"
#include "support/environment.h"
#include "support/temporary_directory.h"

using namespace ktstr;
using namespace ktstr::kernel;

namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr const char* makefile = R"(VERSION = 6
PATCHLEVEL = 99
SUBLEVEL = 1
EXTRAVERSION =
tinyconfig:
	@echo 'CONFIG_TINY=y' >$(O)/.config
allnoconfig:
	@cp $(KCONFIG_ALLCONFIG) $(O)/.config
olddefconfig:
	@[ ! -e drop ] || { grep -v -f drop $(O)/.config >$(O)/new; mv $(O)/new $(O)/.config; }
bzImage:
	@echo build >>$(BUILDS)
	@echo '  CC      init/main.o'
	@sh ./work.sh
	@mkdir -p $(O)/arch/x86/boot
	@echo image >$(O)/arch/x86/boot/bzImage
	@gcc -g -O0 -ffreestanding -fno-pic -nostdlib -static -no-pie -o $(O)/vmlinux main.c
	@echo '  LD      vmlinux'
)";

constexpr const char* kernel_source = R"c(
const char banner[] = "Linux version 6.99.1-ktstr (nobody)";
int ext_sched_class = 1;
void _start(void) { for (;;) ext_sched_class += banner[0]; }
)c";

struct Watcher final : BuildWatcher {
  void begins(std::string_view what) override {
    begun.emplace_back(what);
    if (on_begin) on_begin();
  }
  void makes(std::uint64_t count, std::string_view path) override {
    files = count;
    last = path;
  }
  void complains(std::span<const std::string> lines) override {
    complaints.assign(lines.begin(), lines.end());
  }

  std::function<void()> on_begin;
  Strings begun;
  std::uint64_t files = 0;
  std::string last;
  Strings complaints;
};

void write(const std::string& path, const std::string& text, unsigned mode = 0644) {
  fs::create_directories(fs::path(path).parent_path());
  REQUIRE(write_file_atomically(path, as_bytes(text), mode));
}

Output run(const Strings& argv) {
  Result<Output> output = run_command({.argv = argv}, 60s);
  REQUIRE(output);
  CAPTURE(output->err);
  REQUIRE(output->exit.success());
  return *output;
}

class World {
 public:
  World() {
    for (const char* tool : {"flex", "bison", "bc"})
      write(root_ / "bin/" + tool, "#!/bin/sh\n", 0755);
    write(root_ / "bin/pahole", "#!/bin/sh\necho v1.99\n", 0755);
    make_tree(tree());
  }

  void make_tree(const std::string& path) {
    write(path + "/Makefile", makefile);
    write(path + "/Kconfig", "config VSOCKETS\n\tbool \"x\"\n\tdepends on MOON\n");
    write(path + "/main.c", kernel_source);
    write(path + "/work.sh", "");
  }

  void git(Strings words) {
    Strings argv = {"git", "-C", tree(), "-c", "user.name=n", "-c", "user.email=n@example.org"};
    argv.insert(argv.end(), words.begin(), words.end());
    run(argv);
  }
  void commit() {
    git({"init", "-q"});
    git({"add", "-A"});
    git({"commit", "-q", "-m", "all"});
  }

  Result<Built> build(BuildRequest request = {}, int stop = -1) {
    if (request.tree.empty() && request.package.empty()) request.tree = tree();
    return build_kernel(kernels(), request, watcher, stop);
  }

  [[nodiscard]] std::string kernels() const { return root_ / "kernels"; }
  [[nodiscard]] std::string tree() const { return root_ / "tree"; }
  [[nodiscard]] std::string path(const std::string& name) const { return root_ / name; }
  [[nodiscard]] std::size_t builds() const {
    return read_text(root_ / "builds").value_or("").size() / 6;
  }
  /// Everything in the cache but locks, the log and what was extracted.
  [[nodiscard]] Strings entries() const {
    Strings out;
    for (const fs::directory_entry& entry : fs::directory_iterator(kernels())) {
      const std::string name = entry.path().filename();
      if (name != ".build.lock" && name != ".build.log" && name != ".extracted")
        out.push_back(name);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Watcher watcher;

 private:
  TemporaryDirectory root_;
  Environment builds_{"BUILDS", root_ / "builds"};
  Environment home_{"HOME", root_.path()};
  Environment cache_{"XDG_CACHE_HOME", root_ / "cache"};
  Environment search_{"PATH", root_ / "bin" + ":" + std::getenv("PATH")};
};

bool has_tools() {
  return fs::exists("/usr/bin/make") && fs::exists("/usr/bin/gcc") && fs::exists("/usr/bin/strip");
}

const Strings finished = {".built", "6.99.1-ktstr"};

}  // namespace

TEST_CASE("a tree becomes a kernel in the cache, without debug information") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  const auto built = world.build();
  CAPTURE(world.watcher.complaints);
  REQUIRE(built);
  CHECK_FALSE(built->was_cached);
  CHECK(built->facts.name == "6.99.1-ktstr");
  CHECK(built->facts.version == ir::KernelVersion{6, 99, 1});
  CHECK(built->facts.origin.starts_with("built from 6.99.1, tree " + world.tree() + ", config "));
  CHECK(built->facts.option("TINY") == ir::OptionState::yes);
  CHECK(built->facts.option("VIRTIO_VSOCKETS") == ir::OptionState::yes);
  CHECK(built->facts.modules.empty());
  CHECK(world.entries() == finished);
  CHECK(world.watcher.files == 2);
  CHECK(world.watcher.last == "vmlinux");

  const std::string sections = run({"readelf", "-SW", built->facts.vmlinux}).out;
  CHECK(sections.find(".debug_") == std::string::npos);
  CHECK(sections.find(".symtab") != std::string::npos);
  const Listing listing = list_kernels(world.kernels()).value();
  REQUIRE(listing.kernels.size() == 1);
  CHECK(listing.kernels[0] == built->facts);
  CHECK(default_kernel(world.kernels()).value() == built->facts);
}

TEST_CASE("a tree that is no clean checkout is built again, a commit is not") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  REQUIRE(world.build());
  REQUIRE(world.build());
  CHECK(world.builds() == 2);
  CHECK(fs::exists(world.kernels() + "/6.99.1-ktstr/vmlinux"));

  world.commit();
  CHECK_FALSE(world.build()->was_cached);
  CHECK(world.build()->was_cached);
  CHECK(world.builds() == 3);
  CHECK(world.build({.name = "other"})->facts.name == "other");
  CHECK(world.builds() == 3);
  CHECK_FALSE(world.build({.force = true})->was_cached);
  CHECK(world.builds() == 4);
  write(world.path("extra"), "CONFIG_MORE=y\n");
  const auto more = world.build({.name = "more", .config = world.path("extra")});
  REQUIRE(more);
  CHECK(more->facts.option("MORE") == ir::OptionState::yes);
  CHECK(find_kernel(world.kernels(), "other")->option("MORE") == ir::OptionState::no);
  CHECK(world.builds() == 5);
  write(world.path("bin/pahole"), "#!/bin/sh\necho v2.0\n", 0755);
  CHECK_FALSE(world.build()->was_cached);

  write(world.tree() + "/main.c", std::string(kernel_source) + "int changed;\n");
  const auto dirty = world.build();
  REQUIRE(dirty);
  CHECK_FALSE(dirty->was_cached);
  CHECK(dirty->facts.origin.find(", tree ") != std::string::npos);
}

TEST_CASE("a checkout that changes while it is built does not count as its commit") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  write(world.tree() + "/work.sh", "echo 'int late;' >>main.c\n");
  world.commit();
  const auto built = world.build();
  REQUIRE(built);
  CHECK(built->facts.origin.find(", tree ") != std::string::npos);
  world.git({"checkout", "-q", "main.c"});
  write(world.path("x"), "");
  CHECK_FALSE(world.build()->was_cached);
}

TEST_CASE("dropped options are told with their reason and what they lack; nothing is compiled") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  write(world.tree() + "/drop", "CONFIG_VSOCKETS=y\nCONFIG_SCHED_DEBUG=y\n");
  const auto built = world.build();
  REQUIRE_FALSE(built);
  CHECK(built.error().what == "configure the kernel: it dropped CONFIG_VSOCKETS");
  CHECK(world.watcher.complaints ==
        Strings{"CONFIG_VSOCKETS=y of base (The guest talks to the host over vsock.): "
                "it needs MOON (MOON is n), at Kconfig:1"});
  CHECK(world.builds() == 0);
  CHECK(world.entries() == Strings{});

  write(world.tree() + "/drop", "CONFIG_SCHED_DEBUG=y\n");
  CHECK(world.build());
}

TEST_CASE("a configuration that no run could use is refused before it is compiled") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  write(world.path("extra"), "# CONFIG_SMP is not set\n");
  const auto built = world.build({.config = world.path("extra")});
  REQUIRE_FALSE(built);
  CHECK(built.error().what.find("CONFIG_SMP") != std::string::npos);
  CHECK(world.builds() == 0);
}

TEST_CASE("a failing compiler is quoted, the log stays, the cache is as it was") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  REQUIRE(world.build());
  const auto before = find_kernel(world.kernels(), "6.99.1-ktstr");
  write(world.tree() + "/work.sh",
        "echo 'init/main.c:3:1: error: no such thing' >&2\n"
        "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); done; exit 1\n");
  const auto built = world.build();
  REQUIRE_FALSE(built);
  CHECK(
      built.error().what ==
      "build the kernel: `make bzImage` ended with exit 2: init/main.c:3:1: error: no such thing");
  REQUIRE(world.watcher.complaints.size() > 10);
  CHECK(world.watcher.complaints.size() < 20);
  CHECK(world.watcher.complaints[0] == "init/main.c:3:1: error: no such thing");
  CHECK(std::ranges::find(world.watcher.complaints, "line 39") != world.watcher.complaints.end());
  CHECK(built.error().hint == "all it said is in " + world.kernels() + "/.build.log");
  CHECK(read_text(world.kernels() + "/.build.log")->find("line 0\n") != std::string::npos);
  CHECK(world.entries() == finished);
  CHECK(find_kernel(world.kernels(), "6.99.1-ktstr").value() == before.value());
}

TEST_CASE("missing tools are one error with the command that installs them") {
  World world;
  for (const char* tool : {"flex", "bc", "pahole"})
    fs::remove(world.path("bin/" + std::string(tool)));
  const Environment nothing("PATH", world.path("bin"));
  const auto built = world.build();
  REQUIRE_FALSE(built);
  const std::string text = describe(built.error());
  for (const char* name : {"make (", "gcc (", "flex (", "bc (", "pahole ("}) {
    CAPTURE(text, name);
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(text.find("bison") == std::string::npos);
  CHECK(text.find("apt-get install make gcc binutils flex bc dwarves gzip tar xz-utils") !=
        std::string::npos);
}

TEST_CASE("a pahole older than the kernel asks for is refused") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  const std::string table = world.tree() + "/Documentation/process/changes.rst";
  write(table, "Program  Minimal\nflex    2.5.35     flex --version\npahole   1.100   pahole -v\n");
  const auto built = world.build();
  REQUIRE_FALSE(built);
  CHECK(built.error().what == "build a kernel: it wants pahole 1.100, here is 1.99");
  CHECK(world.entries() == Strings{});
  write(table, "Program  Minimal\npahole   1.99   pahole -v\n");
  CHECK(world.build());
}

TEST_CASE("a build that is stopped ends at once, with its processes, and leaves only the log") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  write(world.tree() + "/work.sh", "echo $$ >\"$BUILDS.pid\"\nexec sleep 100\n");
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  std::thread stopper([&] {
    const Deadline deadline(20s);
    while (!fs::exists(world.path("builds.pid")) && deadline.left() > Nanos(0))
      std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(20ms);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop.get(), &one, sizeof one);
  });
  const Nanos start = monotonic_now();
  const auto built = world.build({}, stop.get());
  stopper.join();
  REQUIRE_FALSE(built);
  CHECK(built.error().code == EINTR);
  CHECK(monotonic_now() - start < 30s);
  const std::string pid = read_text(world.path("builds.pid")).value();
  CHECK_FALSE(fs::exists("/proc/" + pid.substr(0, pid.find('\n'))));
  CHECK(world.entries() == Strings{});
  write(world.tree() + "/work.sh", "");
  CHECK(world.build());
}

TEST_CASE("what a killed builder left is swept, and waited for while it still builds") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  write(world.kernels() + "/.build/objects/old", "x");
  write(world.kernels() + "/.build/source/old", "x");
  std::optional<Fd> orphan = lock_file(world.kernels() + "/.build.lock", [] {}).value();
  world.watcher.on_begin = [&] {
    if (orphan) CHECK(fs::exists(world.kernels() + "/.build/objects/old"));
    orphan.reset();
  };
  const auto built = world.build();
  REQUIRE(built);
  CHECK(world.watcher.begun[0] == "waiting for another build to end");
  CHECK(world.entries() == finished);
}

TEST_CASE("two builders at once build once") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  world.commit();
  bool good[2] = {};
  Watcher watchers[2];
  const auto one = [&](int i) {
    good[i] = build_kernel(world.kernels(), {.tree = world.tree()}, watchers[i]).has_value();
  };
  std::thread first(one, 0);
  std::thread second(one, 1);
  first.join();
  second.join();
  CHECK((good[0] && good[1]));
  CHECK(world.builds() == 1);
}

TEST_CASE("names that would hide something are refused, and so is what is no source") {
  World world;
  fs::create_directories(world.kernels() + "/fetched");
  for (const char* name : {"stock", ".x", "a/b", "-x", "fetched", "a b"}) {
    CAPTURE(name);
    CHECK_FALSE(world.build({.name = name}));
  }
  CHECK(world.builds() == 0);
  if (!has_tools()) return;
  CHECK_FALSE(world.build({.tree = world.path("bin")}));
  CHECK_FALSE(world.build({.tree = world.path("nowhere")}));
  write(world.tree() + "/.config", "CONFIG_X=y\n");
  const auto used = world.build();
  REQUIRE_FALSE(used);
  CHECK(used.error().hint.find("mrproper") != std::string::npos);
}

TEST_CASE("only the latest kernels without a name are kept") {
  if (!has_tools()) SKIP("make, gcc or strip is not installed");
  World world;
  const std::string built = world.kernels() + "/.built/";
  for (int i = 0; i < 12; ++i) {
    write(built + std::to_string(i) + "/origin", "x");
    fs::last_write_time(built + std::to_string(i),
                        fs::file_time_type::clock::now() - std::chrono::hours(i + 1));
  }
  fs::create_symlink(".built/11", world.kernels() + "/mine");
  REQUIRE(world.build());
  CHECK(fs::exists(built + "0"));
  CHECK(fs::exists(built + "7"));
  CHECK_FALSE(fs::exists(built + "8"));
  CHECK(fs::exists(built + "11"));
}

TEST_CASE("a source package is found, unpacked and built, and kept for the next build") {
  if (!has_tools() || !fs::exists("/usr/bin/dpkg-deb")) SKIP("make or dpkg-deb is not installed");
  World world;
  const std::string package = world.path("package");
  world.make_tree(world.path("pack/linux-source-6.99"));
  fs::create_directories(package + "/usr/src");
  run({"tar", "-cJf", package + "/usr/src/linux-source-6.99.tar.xz", "-C", world.path("pack"),
       "linux-source-6.99"});
  write(package + "/DEBIAN/control",
        "Package: linux-source-6.99\nVersion: 6.99.1-2\nArchitecture: all\n"
        "Maintainer: nobody <n@example.org>\nDescription: made up\n");
  run({"dpkg-deb", "-Znone", "--root-owner-group", "-b", package, world.path("source.deb")});
  write(world.path("bin/apt-config"),
        "#!/bin/sh\necho \"list='$HOME/sources.list' parts='/nonexistent/'\"\n", 0755);
  write(world.path("bin/apt-cache"),
        "#!/bin/sh\ncase \"$*\" in *linux-source-6.99) cat \"$HOME/package/DEBIAN/control\" ;;\n"
        "*) echo 'E: No packages found'; exit 100 ;; esac\n",
        0755);
  write(world.path("bin/apt-get"),
        "#!/bin/sh\ncase \"$*\" in *download*)\n"
        "cp \"$HOME/source.deb\" linux-source-6.99_6.99.1-2_all.deb; echo x >>\"$HOME/downloads\" "
        ";;\n"
        "esac\n",
        0755);
  std::string codename = read_text("/etc/os-release").value();
  const std::size_t at = codename.find("VERSION_CODENAME=");
  if (at == codename.npos) SKIP("this system is no release");
  codename = codename.substr(at + 17, codename.find('\n', at) - at - 17);
  write(world.path("sources.list"), "deb http://archive.invalid/debian " + codename + " main\n" +
                                        "deb http://archive.invalid/security " + codename +
                                        "-security main\ndeb http://other.invalid/x cloud main\n");

  const auto built = world.build({.package = "linux-source-6.99"});
  REQUIRE(built);
  CHECK(built->facts.origin.starts_with("built from linux-source-6.99 6.99.1-2, config "));
  CHECK(world.entries() == Strings{".built", ".sources", "6.99.1-ktstr"});
  const std::string sources =
      read_text(world.path("cache/ktstr/apt/system.deb/sources/ktstr.list")).value();
  CHECK(sources == "deb http://archive.invalid/debian " + codename + " main\n" +
                       "deb http://archive.invalid/security " + codename + "-security main\n");
  CHECK(world.build({.package = "linux-source-6.99"})->was_cached);
  CHECK_FALSE(world.build({.package = "linux-source-6.99", .force = true})->was_cached);
  CHECK(read_text(world.path("downloads")).value() == "x\n");

  const auto absent = world.build({.package = "linux-source-1.0"});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().what.find("no such package") != std::string::npos);
  CHECK_FALSE(world.build({.package = "../x"}));
}
