// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/read.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <initializer_list>

#include <sys/stat.h>

#include <fcntl.h>

#include "base/fd.h"
#include "base/mapping.h"
#include "image/modules.h"
#include "kernel/bz_image.h"
#include "kernel/config_text.h"
#include "kernel/vmlinux.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

/// The files of one kernel; empty where there is none.
struct Files {
  std::string bz_image;
  std::string vmlinux;
  std::string config;
  std::string modules;
};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// The first candidate below `directory` that is a file.
std::string first_file(const fs::path& directory, const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates)
    if (is_file(directory / candidate)) return (directory / candidate).lexically_normal();
  return {};
}

/// The same for directories that hold modules.dep; the candidate `.` is `directory` itself.
std::string first_modules(const fs::path& directory, const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates) {
    const fs::path found = (directory / candidate).lexically_normal();
    if (is_file(found / "modules.dep")) return found.has_filename() ? found : found.parent_path();
  }
  return {};
}

Files find_in_directory(const fs::path& directory) {
  return {first_file(directory, {"bzImage", "vmlinuz", "arch/x86/boot/bzImage"}),
          first_file(directory, {"vmlinux"}), first_file(directory, {"config", ".config"}),
          first_modules(directory, {"modules", "."})};
}

/// What belongs to the image at `path`: in its build tree, its cache entry, or by the suffix that
/// distributions give the files in /boot.
Files find_beside(const fs::path& path, bool is_vmlinux) {
  const fs::path directory = path.parent_path();
  const std::string file = path.filename();
  Files files;
  if (const std::size_t dash = file.find('-'); dash != file.npos) {
    const std::string release = file.substr(dash + 1);
    files.config = first_file(directory, {"config-" + release});
    files.modules = first_modules(directory, {"../lib/modules/" + release});
  } else {
    files = find_in_directory(directory);
    const bool in_build_tree = directory.filename() == "boot" && files.config.empty();
    if (in_build_tree) files.config = first_file(directory, {"../../../.config"});
  }
  (is_vmlinux ? files.vmlinux : files.bz_image) = path;
  (is_vmlinux ? files.bz_image : files.vmlinux).clear();
  return files;
}

Result<Mapping> map_file(const std::string& path, Bytes limit) {
  const Fd fd = TRY(open_file(path, O_RDONLY));
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) return fail_errno("examine " + path);
  if (!S_ISREG(info.st_mode)) return fail("read the kernel " + path + ": it is not a regular file");
  if (info.st_size == 0) return fail("read the kernel " + path + ": it is empty");
  const Bytes size{static_cast<std::uint64_t>(info.st_size)};
  if (size > limit) return fail_code(EFBIG, "read the kernel " + path);
  return Mapping::of(fd, size, Mapping::Access::read);
}

Result<Files> find_files(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    return fail_code(error ? error.value() : ENOENT, "read the kernel " + path);
  if (fs::is_directory(status)) {
    Files files = find_in_directory(path);
    if (files.bz_image.empty() && files.vmlinux.empty())
      return fail("read the kernel " + path + ": the directory holds neither bzImage nor vmlinux",
                  "give a bzImage, a vmlinux, or a build tree in which make has finished");
    return files;
  }
  const Mapping mapping = TRY(map_file(path, vmlinux_limit));
  if (is_bz_image(mapping.bytes())) return find_beside(path, false);
  if (as_text(mapping.bytes())
          .starts_with("\x7F"
                       "ELF"))
    return find_beside(path, true);
  return fail("read the kernel " + path + ": it is neither a bzImage nor an ELF file",
              "give a bzImage, a vmlinux, or a build tree in which make has finished");
}

/// The path of the vmlinux that is packed in `image`.
Result<std::string> unpacked(ByteView image, const image::ContentCache& extracted) {
  const std::string key = image::content_hash(image) + ".vmlinux";
  if (!TRY(extracted.find(key))) {
    const Buffer vmlinux = TRY(extract_vmlinux(image));
    const Fd stored = TRY(extracted.store(key, vmlinux));
  }
  return extracted.path_of(key);
}

/// The version in the comment that every configuration starts with:
/// `# Linux/x86 6.12.3 Kernel Configuration`.
std::optional<ir::KernelVersion> version_of_config(std::string_view text) {
  constexpr std::string_view start = "# Linux/";
  constexpr std::size_t head = 1024;
  const std::size_t at = text.substr(0, head).find(start);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at);
  const std::size_t space = text.find(' ', start.size());
  if (space == text.npos) return std::nullopt;
  return ir::parse_kernel_version(text.substr(space + 1, 32));
}

Status add_config(const std::string& path, ir::KernelFacts& facts) {
  constexpr Bytes limit = 4_MiB;
  const std::string text = TRY(read_text(path, limit));
  const std::optional<ir::KernelVersion> version = version_of_config(text);
  if (version && !facts.release.empty() && *version != facts.version) return {};
  Options options = parse_config(text);
  if (options.empty()) return {};
  facts.options = std::move(options);
  facts.options_from = ir::OptionSource::config_file;
  return {};
}

/// The module directory proves how the options are set that have a module of their own.
Status add_module_evidence(ir::KernelFacts& facts) {
  constexpr std::array<std::pair<const char*, const char*>, 3> owners = {{
      {"virtio_pci", "VIRTIO_PCI"},
      {"vsock", "VSOCKETS"},
      {"vmw_vsock_virtio_transport", "VIRTIO_VSOCKETS"},
  }};
  for (const auto& [module, option] : owners) {
    const std::string wanted[] = {module};
    const image::ModulePlan plan = TRY(image::resolve_modules(facts.modules, wanted));
    if (!plan.builtin.empty()) facts.options[option] = "y";
    if (!plan.load_order.empty() && plan.missing.empty()) facts.options[option] = "m";
  }
  return {};
}

}  // namespace

Result<ir::KernelFacts> read_kernel(const std::string& path, const image::ContentCache& extracted) {
  const Files files = TRY(find_files(path));
  ir::KernelFacts facts;
  facts.bz_image = files.bz_image;
  facts.vmlinux = files.vmlinux;
  facts.modules = files.modules;
  if (!facts.bz_image.empty()) {
    const Mapping image = TRY(map_file(facts.bz_image, image_limit));
    facts.release = bz_image_release(image.bytes());
    if (facts.vmlinux.empty()) {
      Result<std::string> vmlinux = unpacked(image.bytes(), extracted);
      if (!vmlinux) return fail_within(facts.bz_image, std::move(vmlinux).error());
      facts.vmlinux = std::move(*vmlinux);
    }
  }

  const Mapping mapping = TRY(map_file(facts.vmlinux, vmlinux_limit));
  Result<VmlinuxFacts> told = read_vmlinux(mapping.bytes());
  if (!told) return fail_within(facts.vmlinux, std::move(told).error());
  if (!told->release.empty()) facts.release = told->release;
  facts.version = ir::parse_kernel_version(facts.release).value_or(ir::KernelVersion{});
  facts.has_btf = told->has_btf;
  facts.pvh = told->pvh;
  facts.build_id = told->build_id;
  facts.name = facts.release.empty() ? fs::path(path).filename().string() : facts.release;

  if (told->ikconfig) {
    facts.options = std::move(*told->ikconfig);
    facts.options_from = ir::OptionSource::ikconfig;
    return facts;
  }
  if (!files.config.empty()) TRY(add_config(files.config, facts));
  if (facts.options_from == ir::OptionSource::evidence) {
    facts.options = std::move(told->evidence);
    if (!facts.modules.empty()) TRY(add_module_evidence(facts));
  }
  return facts;
}

Result<ir::KernelVersion> read_version(const std::string& path) {
  const Files files = TRY(find_files(path));
  std::string release;
  if (!files.bz_image.empty()) {
    const Mapping image = TRY(map_file(files.bz_image, image_limit));
    release = bz_image_release(image.bytes());
  }
  if (release.empty() && !files.vmlinux.empty()) {
    const Mapping mapping = TRY(map_file(files.vmlinux, vmlinux_limit));
    release = TRY(read_vmlinux(mapping.bytes())).release;
  }
  return ir::parse_kernel_version(release).value_or(ir::KernelVersion{});
}

}  // namespace ktstr::kernel
