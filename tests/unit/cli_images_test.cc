// SPDX-License-Identifier: GPL-2.0-only
// Which cases share an initramfs, and what it holds. Nothing boots.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "cli/files.h"
#include "cli/images.h"
#include "cli/payloads.h"
#include "unit/cli_cases.h"

using namespace ktstr;
using namespace ktstr::cli;

namespace {

constexpr std::string_view init = "the init";

/// A case with nothing of its own, two with a program, of which one has a file too, and one with a
/// disk.
constexpr const char* scenarios = R"(name: plain
cgroups: [{name: a}]
---
name: program
payloads: [{name: work, run: [./work]}]
cgroups: [{name: a, payload: work}]
---
name: program_and_file
payloads: [{name: work, run: [./work]}]
files: [{to: /etc/x, text: content of x}]
cgroups: [{name: a, payload: work}]
---
name: disk
disk: 16MiB
cgroups: [{name: a}]
)";

struct Run : test::Cases {
  TemporaryDirectory home{};

  Run() {
    write("work", "#!/bin/sh\n# the work\n");
    expand(scenarios);
    pack();
  }

  void pack() {
    REQUIRE(pack_payloads(cases, {}));
    REQUIRE(pack_files(cases));
  }

  [[nodiscard]] image::ContentCache cache() const {
    return image::ContentCache::open(home / "cache", 64_MiB).value();
  }

  /// For a kernel that has everything built in.
  [[nodiscard]] Images images() const {
    const ir::KernelFacts kernel{.release = "7.3.4",
                                 .options_from = ir::OptionSource::config_file,
                                 .options = {{"HZ", "250"}, {"SMP", "n"}, {"DEFAULT_INIT", ""}}};
    return Images(kernel, kernel::Bus::pci, {as_bytes(init)}, cache());
  }

  [[nodiscard]] std::size_t image_of(const std::string& scenario) const {
    for (const PlannedCase& each : cases)
      if (each.planned.id.scenario == scenario) return each.image;
    FAIL("no case of " << scenario);
    return 0;
  }

  [[nodiscard]] std::size_t cached() const {
    const std::filesystem::directory_iterator files(home / "cache");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
};

std::string text_of(const image::Initramfs& image) {
  return std::string(as_text(read_all(image.file, 64_MiB, "the image").value()));
}

bool holds(const std::string& image, std::string_view text) {
  return image.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("an image holds what its cases need and nothing of the others") {
  Run it;
  Images images = it.images();
  REQUIRE(images.plan(it.cases, 1));
  const auto text = [&](const std::string& scenario) {
    return text_of(**images.get(it.image_of(scenario)));
  };
  const std::string plain = text("plain"), program = text("program"),
                    both = text("program_and_file");
  for (const std::string& image : {plain, program, both}) {
    CHECK(holds(image, init));
    CHECK(holds(image, "boot/config-7.3.4"));
    CHECK(holds(image, "CONFIG_HZ=250"));
    CHECK(holds(image, "CONFIG_DEFAULT_INIT=\"\"\n"));
    CHECK_FALSE(holds(image, "CONFIG_SMP"));
  }
  CHECK_FALSE(holds(plain, "# the work"));
  CHECK(holds(program, "# the work"));
  CHECK(holds(both, "# the work"));
  CHECK_FALSE(holds(plain, "content of x"));
  CHECK_FALSE(holds(program, "content of x"));
  CHECK(holds(both, "content of x"));
}

TEST_CASE("a thousand cases with the same needs are one image, packed once") {
  Run it;
  std::vector<PlannedCase> many;
  for (int i = 0; i < 500; ++i)
    for (const std::size_t which : {std::size_t{0}, std::size_t{1}})
      many.push_back(it.cases[which]);
  Images images = it.images();
  REQUIRE(images.plan(many, 1));
  REQUIRE(images.count() == 2);
  const auto first = images.get(many[0].image).value();
  for (std::size_t i = 2; i < many.size(); i += 2) {
    REQUIRE(many[i].image == many[0].image);
    REQUIRE(images.get(many[i].image).value() == first);
  }
  CHECK(many[1].image != many[0].image);
  CHECK(it.cached() == 1);  // The other is not made before it is needed.
}

TEST_CASE("a case has the same image whatever else is run") {
  Run all;
  Images images = all.images();
  REQUIRE(images.plan(all.cases, 1));
  const std::string hash = images.get(all.image_of("program_and_file")).value()->hash;

  all.expand(scenarios, {.filters = {"program_and_file"}});
  all.pack();
  REQUIRE(all.cases.size() == 1);
  Images again = all.images();
  REQUIRE(again.plan(all.cases, 1));
  CHECK(again.get(all.cases[0].image).value()->hash == hash);
  CHECK(all.cached() == 1);
}

TEST_CASE("an image is let go of after its last use, and so are the bundles when it is made") {
  Run it;
  const std::weak_ptr<const std::vector<image::Entry>> bundle = *it.cases[1].bundles.begin();
  Images images = it.images();
  REQUIRE(images.plan(it.cases, 2));
  CHECK(it.cases[1].bundles.empty());
  const std::size_t program = it.image_of("program");
  auto made = images.get(program).value();
  CHECK_FALSE(bundle.expired());  // Another image needs it, too.
  (void)images.get(it.image_of("program_and_file"));
  CHECK(bundle.expired());

  const std::weak_ptr<const image::Initramfs> watched = made;
  made.reset();
  CHECK_FALSE(watched.expired());
  made = images.get(program).value();
  CHECK(watched.lock() == made);
  made.reset();
  CHECK(watched.expired());
}

TEST_CASE("drivers are in the images of those that need them, and one that is missing is told") {
  Run it;
  const auto write_module = [&](const std::string& name) { it.write(name, "\177ELF " + name); };
  it.write("modules.dep", "vsock.ko:\nvmw_vsock_virtio_transport.ko: vsock.ko\nvirtio_blk.ko:\n");
  for (const char* name : {"vsock.ko", "vmw_vsock_virtio_transport.ko"}) write_module(name);
  const ir::KernelFacts kernel{
      .name = "k",
      .modules = it.directory.path(),
      .options_from = ir::OptionSource::config_file,
      .options = {
          {"VIRTIO_PCI", "y"}, {"VSOCKETS", "m"}, {"VIRTIO_VSOCKETS", "m"}, {"VIRTIO_BLK", "m"}}};
  const auto images_for = [&] {
    return std::make_unique<Images>(kernel, kernel::Bus::pci, GuestFiles{as_bytes(init)},
                                    it.cache());
  };
  std::vector<PlannedCase> cases = it.cases;
  const Status failed = images_for()->plan(cases, 1);
  REQUIRE_FALSE(failed);
  CHECK(holds(describe(failed.error()), "virtio_blk"));

  write_module("virtio_blk.ko");
  const std::unique_ptr<Images> images = images_for();
  REQUIRE(images->plan(it.cases, 1));
  CHECK(images->count() == 4);
  const std::string plain = text_of(**images->get(it.image_of("plain"))),
                    disk = text_of(**images->get(it.image_of("disk")));
  CHECK(holds(plain, "ELF vsock.ko"));
  CHECK(holds(disk, "ELF vsock.ko"));
  CHECK_FALSE(holds(plain, "ELF virtio_blk.ko"));
  CHECK(holds(disk, "ELF virtio_blk.ko"));
}

TEST_CASE("a case that is skipped needs no image") {
  Run it;
  it.cases[1].planned.skip = "for a reason";
  Images images = it.images();
  REQUIRE(images.plan(it.cases, 1));
  CHECK(images.count() == 3);
  CHECK(it.cases[1].bundles.empty());
}
