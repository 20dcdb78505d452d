// SPDX-License-Identifier: GPL-2.0-only
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/fd.h"
#include "image/decompress.h"
#include "image/modules.h"
#include "kernel/find.h"
#include "kernel/read.h"
#include "kernel/requirements.h"
#include "support/temporary_directory.h"
#include "unit/kernel_samples.h"

using namespace ktstr;
using namespace ktstr::kernel;
using namespace ktstr::test;
using ir::OptionSource;
using ir::OptionState;

namespace {

void write(const std::string& path, ByteView content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  REQUIRE(write_file_atomically(path, content));
}

void write(const std::string& path, std::string_view text) {
  write(path, as_bytes(text));
}

Buffer image_of(const std::string& release) {
  return make_bz_image(pack(Packing::zstd, make_elf(usual_sections(release))), release);
}

void write_entry(const std::string& path, const std::string& release, std::string_view config) {
  write(path + "/bzImage", image_of(release));
  write(path + "/vmlinux", make_elf(usual_sections(release)));
  write(path + "/config", config);
}

image::ContentCache cache_in(const TemporaryDirectory& directory) {
  return image::ContentCache::open(directory / "extracted", 1_MiB).value();
}

constexpr std::string_view config_6_12 =
    "# Linux/x86 6.12.3 Kernel Configuration\nCONFIG_CPUSETS=y\n"
    "CONFIG_SCHED_CLASS_EXT=y\nCONFIG_VSOCKETS=m\nCONFIG_HZ=250\n# CONFIG_PVH is not set\n";

}  // namespace

TEST_CASE("a build tree gives all its facts") {
  const TemporaryDirectory directory;
  write(directory / "tree/arch/x86/boot/bzImage", image_of("6.12.3-dev"));
  write(directory / "tree/vmlinux", make_elf(usual_sections("6.12.3-dev")));
  write(directory / "tree/.config", config_6_12);
  const ir::KernelFacts facts = read_kernel(directory / "tree", cache_in(directory)).value();
  CHECK(facts.name == "6.12.3-dev");
  CHECK(facts.version == ir::KernelVersion{6, 12, 3});
  CHECK(facts.bz_image == directory / "tree/arch/x86/boot/bzImage");
  CHECK(facts.vmlinux == directory / "tree/vmlinux");
  CHECK(facts.modules.empty());
  CHECK(facts.options_from == OptionSource::config_file);
  CHECK(facts.option("CONFIG_CPUSETS") == OptionState::yes);
  CHECK(facts.option("VSOCKETS") == OptionState::module);
  CHECK(facts.option("PVH") == OptionState::no);
  CHECK(facts.option("NEVER_HEARD_OF") == OptionState::no);
  CHECK(facts.options.at("HZ") == "250");

  // Its bzImage alone finds the tree's configuration, too.
  const ir::KernelFacts image = read_kernel(facts.bz_image, cache_in(directory)).value();
  CHECK(image.options == facts.options);
  CHECK(image.vmlinux.starts_with(directory / "extracted/"));
}

TEST_CASE("a lone bzImage is unpacked once, and its options are unknown, not off") {
  const TemporaryDirectory directory;
  write(directory / "alone/image", image_of("6.12.3"));
  const ir::KernelFacts facts = read_kernel(directory / "alone/image", cache_in(directory)).value();
  CHECK(facts.options_from == OptionSource::evidence);
  CHECK(facts.option("VSOCKETS") == OptionState::unknown);
  CHECK(facts.option("SCHED_CLASS_EXT") == OptionState::yes);
  CHECK(facts.pvh);
  CHECK(read_file(facts.vmlinux, 1_MiB).value() == make_elf(usual_sections("6.12.3")));
  // Another file in its place shows that the second time nothing is unpacked.
  write(facts.vmlinux, make_elf({}));
  CHECK_FALSE(read_kernel(directory / "alone/image", cache_in(directory))->has_btf);
  CHECK(std::distance(std::filesystem::directory_iterator(directory / "extracted"), {}) == 1);
}

TEST_CASE("IKCONFIG outranks a file beside the image, and another version's file is not believed") {
  const TemporaryDirectory directory;
  std::vector<Section> sections = usual_sections("6.13.0");
  write(directory / "k/vmlinux", make_elf(sections));
  write(directory / "k/.config", config_6_12);
  const ir::KernelFacts stale = read_kernel(directory / "k/vmlinux", cache_in(directory)).value();
  CHECK(stale.options_from == OptionSource::evidence);
  CHECK(stale.option("CPUSETS") == OptionState::unknown);

  const Buffer more = to_buffer(ikconfig("CONFIG_ONLY=y\n"));
  sections[0].content.insert(sections[0].content.end(), more.begin(), more.end());
  write(directory / "k/vmlinux", make_elf(sections));
  const ir::KernelFacts own = read_kernel(directory / "k/vmlinux", cache_in(directory)).value();
  CHECK(own.options_from == OptionSource::ikconfig);
  CHECK(own.option("ONLY") == OptionState::yes);
  CHECK(own.option("CPUSETS") == OptionState::no);
}

TEST_CASE("a kernel in /boot finds its configuration and modules by its suffix") {
  const TemporaryDirectory root;
  write(root / "boot/vmlinuz-6.12.3-a", image_of("6.12.3-a"));
  write(root / "boot/config-6.12.3-a", config_6_12);
  write(root / "boot/config-6.12.3-b", "CONFIG_WRONG=y\n");
  write(root / "lib/modules/6.12.3-a/modules.dep", "vsock.ko:\n");
  const ir::KernelFacts facts = read_kernel(root / "boot/vmlinuz-6.12.3-a", cache_in(root)).value();
  CHECK(facts.option("WRONG") == OptionState::no);
  CHECK(facts.option("CPUSETS") == OptionState::yes);
  CHECK(facts.modules == root / "lib/modules/6.12.3-a");
}

TEST_CASE("a module directory is evidence where there is no configuration") {
  const TemporaryDirectory root;
  write(root / "k/vmlinux", make_elf(usual_sections("6.12.3")));
  write(root / "k/modules/modules.dep", "vsock.ko:\nvmw_vsock_virtio_transport.ko: vsock.ko\n");
  write(root / "k/modules/modules.builtin", "kernel/virtio_pci.ko\n");
  const ir::KernelFacts facts = read_kernel(root / "k", cache_in(root)).value();
  CHECK(facts.option("VIRTIO_PCI") == OptionState::yes);
  CHECK(facts.option("VSOCKETS") == OptionState::module);
  CHECK(facts.option("VIRTIO_VSOCKETS") == OptionState::module);
  CHECK(facts.option("CPUSETS") == OptionState::unknown);
  CHECK(guest_modules(facts, Bus::pci)->load_order.size() == 2);
}

TEST_CASE("what is no kernel is refused with the path and what would be one") {
  const TemporaryDirectory directory;
  write(directory / "text", "hello");
  write(directory / "nothing/in/here", "hello");
  write(directory / "empty", "");
  for (const char* name : {"text", "nothing", "empty", "missing"}) {
    CAPTURE(name);
    const Result<ir::KernelFacts> facts = read_kernel(directory / name, cache_in(directory));
    REQUIRE_FALSE(facts);
    CHECK(facts.error().what.find(directory / name) != std::string::npos);
  }
  CHECK(read_kernel(directory / "text", cache_in(directory)).error().hint.find("bzImage") !=
        std::string::npos);
}

TEST_CASE("the cache lists newest first, names what is broken, and prefers sched_ext") {
  const TemporaryDirectory directory;
  const std::string kernels = directory / "kernels";
  CHECK(list_kernels(kernels)->kernels.empty());
  CHECK_FALSE(default_kernel(kernels));

  write_entry(kernels + "/6.9.0", "6.9.0", "CONFIG_A=y\n");
  CHECK(default_kernel(kernels)->name == "6.9.0");
  write_entry(kernels + "/6.12.3", "6.12.3", config_6_12);
  write(kernels + "/6.12.3/origin", "made by a test\n");
  write_entry(kernels + "/6.13.0", "6.13.0", "CONFIG_A=y\n");
  write(kernels + "/junk/bzImage", "junk");
  write(kernels + "/.incoming/6.14.0/bzImage", "half");
  std::filesystem::create_directory_symlink("6.12.3", kernels + "/stock");

  const Listing listing = list_kernels(kernels).value();
  REQUIRE(listing.kernels.size() == 3);
  CHECK(listing.kernels[0].name == "6.13.0");
  CHECK(listing.kernels[1].name == "6.12.3");
  CHECK(listing.kernels[1].origin == "made by a test");
  REQUIRE(listing.broken.size() == 1);
  CHECK(listing.broken[0].what.find("junk") != std::string::npos);
  CHECK(default_kernel(kernels)->name == "6.12.3");

  CHECK(find_kernel(kernels, "stock")->name == "6.12.3");
  CHECK(find_kernel(kernels, "6.9.0")->name == "6.9.0");
  CHECK(find_kernel(kernels, kernels + "/6.9.0/vmlinux")->release == "6.9.0");
  const Result<ir::KernelFacts> slip = find_kernel(kernels, "6.12.4");
  REQUIRE_FALSE(slip);
  CHECK(slip.error().what.find("6.12.3, 6.13.0, 6.9.0, junk, stock") != std::string::npos);
  CHECK(slip.error().hint == "did you mean `6.12.3`?");
  for (const char* odd : {"", ".", "..", ".incoming", "../kernels/absent"})
    CHECK_FALSE(find_kernel(kernels, odd));
}

TEST_CASE("a kernel that lacks options is refused with the line that mends it") {
  constexpr Need needs[] = {{"CPUSETS", "cpusets"},
                            {"VSOCKETS", "talk", true},
                            {"ABSENT", "x"},
                            {"VSOCKETS", "talk at once"}};
  ir::KernelFacts facts{.name = "k",
                        .modules = "/m",
                        .options_from = OptionSource::config_file,
                        .options = {{"CPUSETS", "y"}, {"VSOCKETS", "m"}}};
  const Result<std::vector<std::string>> refused = check_needs(facts, needs);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what ==
        "kernel k lacks CONFIG_ABSENT: x; CONFIG_VSOCKETS (only a module): talk at once");
  CHECK(refused.error().hint.find("scripts/config -e ABSENT -e VSOCKETS ") != std::string::npos);

  facts.modules.clear();
  CHECK(check_needs(facts, std::span(needs).first(2)).error().what.find("not at hand") !=
        std::string::npos);

  facts.options_from = OptionSource::evidence;
  facts.modules = "/m";
  CHECK(check_needs(facts, std::span(needs).first(3)).value() ==
        std::vector<std::string>{"ABSENT"});
}

TEST_CASE("a kernel needs the bus that the machine's devices are on, and no other") {
  ir::KernelFacts facts{.name = "k", .options_from = OptionSource::config_file};
  for (const Need& need : base_needs()) facts.options[std::string(need.option)] = "y";
  const auto lacks = [&](Bus bus) {
    const Result<std::vector<std::string>> met = check_needs(facts, base_needs(bus));
    return met ? "" : met.error().what;
  };
  CHECK(lacks(Bus::pci).empty());
  CHECK(lacks(Bus::mmio).empty());
  facts.options["VIRTIO_MMIO"] = "n";
  CHECK(lacks(Bus::pci).empty());
  CHECK(lacks(Bus::mmio) ==
        "kernel k lacks CONFIG_VIRTIO_MMIO: the devices of a machine under KVM are memory-mapped");
  facts.options["VIRTIO_MMIO"] = "y";
  facts.options["PCI"] = "n";
  facts.options["VIRTIO_PCI"] = "n";
  CHECK(lacks(Bus::mmio).empty());
  CHECK(lacks(Bus::pci).find("CONFIG_PCI: ") != std::string::npos);
  CHECK(lacks(Bus::pci).find("CONFIG_VIRTIO_PCI: ") != std::string::npos);
  facts.options["CPUSETS"] = "n";
  CHECK(lacks(Bus::mmio).find("CONFIG_CPUSETS: ") != std::string::npos);
}

TEST_CASE("the guest loads the driver of its machine's bus") {
  const TemporaryDirectory directory;
  write(directory / "modules.dep",
        "virtio_pci.ko:\nvirtio_mmio.ko:\nvsock.ko:\nvmw_vsock_virtio_transport.ko: vsock.ko\n");
  const ir::KernelFacts facts{.name = "k",
                              .modules = directory.path(),
                              .options_from = OptionSource::config_file,
                              .options = {{"VIRTIO_PCI", "m"}, {"VIRTIO_MMIO", "m"}}};
  const auto first = [&](Bus bus) {
    return guest_modules(facts, bus).value().load_order.at(0).name;
  };
  CHECK(first(Bus::pci) == "virtio_pci");
  CHECK(first(Bus::mmio) == "virtio_mmio");
}

TEST_CASE("a kernel without one of the guest's modules is refused before boot") {
  const TemporaryDirectory directory;
  write(directory / "modules.dep", "vsock.ko:\n");
  const ir::KernelFacts facts{.name = "k",
                              .modules = directory.path(),
                              .options_from = OptionSource::config_file,
                              .options = {{"VIRTIO_PCI", "y"}, {"VIRTIO_VSOCKETS", "m"}}};
  const Result<image::ModulePlan> plan = guest_modules(facts, Bus::pci);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().what.find("vmw_vsock_virtio_transport") != std::string::npos);
}

TEST_CASE("the driver of a device is loaded when it is asked for and not built in") {
  const TemporaryDirectory directory;
  write(directory / "modules.dep",
        "vsock.ko:\nvmw_vsock_virtio_transport.ko: vsock.ko\nvirtio_blk.ko:\nvirtio-rng.ko:\n");
  const ir::KernelFacts facts{.name = "k",
                              .modules = directory.path(),
                              .options_from = OptionSource::config_file,
                              .options = {{"VIRTIO_PCI", "y"},
                                          {"VSOCKETS", "m"},
                                          {"VIRTIO_VSOCKETS", "m"},
                                          {"VIRTIO_BLK", "m"},
                                          {"HW_RANDOM_VIRTIO", "m"},
                                          {"VIRTIO_CONSOLE", "y"}}};
  const auto names = [&](std::vector<Driver> drivers) {
    const image::ModulePlan plan = guest_modules(facts, Bus::pci, drivers).value();
    std::string out;
    for (const image::Module& module : plan.load_order) out += module.name + " ";
    return out;
  };
  CHECK(names({}) == "vsock vmw_vsock_virtio_transport ");
  CHECK(names({virtio_console_driver, virtio_block_driver, virtio_rng_driver}) ==
        "vsock vmw_vsock_virtio_transport virtio_blk virtio_rng ");
}

TEST_CASE("versions compare as numbers") {
  using ir::parse_kernel_version;
  CHECK(parse_kernel_version("7.3.4+deb13-cloud") == ir::KernelVersion{7, 3, 4});
  CHECK(parse_kernel_version("6.12-rc1") == ir::KernelVersion{6, 12, 0});
  CHECK(*parse_kernel_version("6.9.10") < *parse_kernel_version("6.12.0"));
  for (const char* odd : {"", "6", "6.", "x.y", "-1.2", "99999999999.1"})
    CHECK_FALSE(parse_kernel_version(odd));
}

TEST_CASE("the stock kernel, where it is cached, meets every need") {
  const Result<std::string> kernels = default_kernels();
  if (!kernels || !std::filesystem::exists(*kernels + "/stock"))
    SKIP("no stock kernel is cached: run `ktstr kernel fetch`");
  const ir::KernelFacts facts = find_kernel(*kernels, "stock").value();
  CHECK(facts.pvh);
  CHECK(facts.has_btf);
  CHECK(facts.option("SCHED_CLASS_EXT") == OptionState::yes);
  CHECK(facts.release.starts_with(to_text(facts.version)));
  CHECK(check_needs(facts, base_needs(Bus::pci)).value().empty());
  CHECK(check_needs(facts, base_needs(Bus::mmio)).value().empty());
  const std::vector<image::Entry> entries =
      image::module_entries(guest_modules(facts, Bus::pci).value()).value();
  std::vector<std::string> paths;
  for (const image::Entry& entry : entries) paths.push_back(entry.path);
  CHECK(paths == std::vector<std::string>{"modules/000-vsock.ko",
                                          "modules/001-vmw_vsock_virtio_transport_common.ko",
                                          "modules/002-vmw_vsock_virtio_transport.ko",
                                          "modules/003-pvpanic.ko", "modules/004-pvpanic_mmio.ko"});
}
