// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/unpack.h"

#include <cerrno>
#include <filesystem>

#include "base/fd.h"
#include "base/process.h"
#include "image/cache.h"
#include "kernel/bz_image.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

Status run_tool(std::vector<std::string> argv, const std::string& package) {
  constexpr Nanos patience = 300s;
  const std::string tool = argv[0];
  const Result<Output> output = run_command({.argv = std::move(argv)}, patience, 64_KiB);
  if (!output && output.error().code == ENOENT)
    return fail_code(ENOENT, "execute " + tool, "install it: apt-get install " + package);
  if (!output) return tl::unexpected(output.error());
  if (!output->exit.success())
    return fail(tool + " failed with " + describe(output->exit) + ": " +
                output->err.substr(0, 500));
  return {};
}

Status move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail_code(error.value(), "move " + from.string() + " to " + to.string());
  return {};
}

/// The first of `candidates` that exists below `root`.
Result<fs::path> locate(const fs::path& root, const std::vector<std::string>& candidates) {
  std::error_code error;
  for (const std::string& candidate : candidates)
    if (fs::exists(root / candidate, error)) return root / candidate;
  return fail("find " + candidates.front() + " in the kernel's packages",
              "the distribution may have changed their layout");
}

/// depmod looks below lib/modules; packages of merged-/usr systems have usr/lib/modules.
Status index_modules(const fs::path& root, const std::string& release) {
  std::error_code error;
  if (!fs::exists(root / "lib", error)) fs::create_symlink("usr/lib", root / "lib", error);
  if (error) return fail_code(error.value(), "link " + (root / "lib").string());
  constexpr const char* depmod = "/sbin/depmod";  // Not in the PATH of ordinary users.
  return run_tool({depmod, "-b", root, release}, "kmod");
}

}  // namespace

Status unpack_kernel(const std::vector<std::string>& packages, const std::string& release,
                     const std::string& scratch, const std::string& entry) {
  for (const std::string& package : packages)
    TRY(run_tool({"dpkg-deb", "-x", package, scratch}, "dpkg"));
  TRY(index_modules(scratch, release));

  const fs::path root = scratch;
  const fs::path tree = root / "lib/modules" / release;
  const std::string in_tree = "lib/modules/" + release;
  const fs::path image = TRY(locate(root, {in_tree + "/vmlinuz", "boot/vmlinuz-" + release}));
  const fs::path config = TRY(locate(root, {in_tree + "/config", "boot/config-" + release}));
  TRY(move(image, fs::path(entry) / "bzImage"));
  TRY(move(config, fs::path(entry) / "config"));
  const fs::path modules = fs::path(entry) / "modules";
  TRY(image::make_directories(modules));
  for (const char* kept : {"kernel", "modules.dep", "modules.builtin"}) {
    const fs::path found = TRY(locate(tree, {kept}));
    TRY(move(found, modules / kept));
  }

  const Buffer packed = TRY(read_file(entry + "/bzImage", image_limit));
  const Buffer vmlinux = TRY(extract_vmlinux(packed));
  return write_file_atomically(entry + "/vmlinux", vmlinux);
}

}  // namespace ktstr::kernel
