// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/build.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <thread>

#include <sys/statvfs.h>

#include <poll.h>

#include "base/fd.h"
#include "base/process.h"
#include "image/cache.h"
#include "kernel/configure.h"
#include "kernel/find.h"
#include "kernel/make.h"
#include "kernel/source.h"
#include "kernel/store.h"
#include "kernel/toolchain.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

/// Everything that decides what comes out.
struct Recipe {
  Source source;
  std::vector<Wish> wishes;
  std::string toolchain;

  [[nodiscard]] std::string config_hash() const {
    return image::content_hash(as_bytes(applied("", wishes))).substr(0, 8);
  }
  /// Of a source that may change, the key is only a place to put the latest kernel.
  [[nodiscard]] std::string key() const {
    const std::string all = "1\n" + source.identity + "\n" + applied("", wishes) + toolchain;
    return image::content_hash(as_bytes(all)).substr(0, 16);
  }
  [[nodiscard]] std::string origin() const {
    const std::string compiler = toolchain.substr(0, toolchain.find('\n'));
    return "built from " + source.words + ", config " + config_hash() + ", " + compiler + "\n";
  }
};

Status check_name(const std::string& kernels, const std::string& name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '+' || c == '_';
  });
  if (!plain || name[0] == '.' || name[0] == '-' || name == "stock")
    return fail("call a kernel `" + name + "`", "use letters, digits, `.`, `-`, `+` and `_`");
  std::error_code error;
  const fs::path path = fs::path(kernels) / name;
  if (fs::exists(fs::symlink_status(path, error)) && !fs::is_symlink(path, error))
    return fail("call a kernel `" + name + "`: a kernel that was not built here has that name",
                "choose another with --name");
  return {};
}

bool is_stopped(int stop) {
  pollfd watch{stop, POLLIN, 0};
  return ::poll(&watch, 1, 0) == 1;
}

Status check_space(const std::string& directory, bool unpacks) {
  const Bytes needed = unpacks ? 4_GiB : 2_GiB;
  struct statvfs info;
  if (::statvfs(directory.c_str(), &info) != 0) return fail_errno("examine " + directory);
  const Bytes free{std::uint64_t{info.f_bavail} * info.f_frsize};
  if (free < needed)
    return fail("build a kernel in " + directory + ": " + std::to_string(free.count >> 20) +
                    " MiB are free, it takes " + std::to_string(needed.count >> 20),
                "make room, or set XDG_CACHE_HOME to a place that has it");
  return {};
}

/// The scratch directory; gone when this is.
class Scratch {
 public:
  static Result<Scratch> make(const std::string& path) {
    TRY(remove_tree(path));  // What a killed builder left.
    TRY(image::make_directories(path));
    return Scratch(path);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (path_.empty()) return;
    // What cannot be removed now is swept by the next builder.
    [[maybe_unused]] const Status removed = remove_tree(path_);
  }

  /// A new directory in it.
  [[nodiscard]] Result<std::string> directory(const std::string& name) const {
    TRY(image::make_directories(path_ + "/" + name));
    return path_ + "/" + name;
  }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

Status run_strip(const std::string& from, const std::string& to) {
  const Output output =
      TRY(run_command({.argv = {"strip", "--strip-debug", "-o", to, from}}, 300s, 64_KiB));
  if (output.exit.success()) return {};
  return fail("strip " + from + ": " + describe(output.exit) + ": " + output.err.substr(0, 500));
}

Status move(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail_code(error.value(), "move " + from + " to " + to);
  return {};
}

/// From the finished `objects` to the files of a cache entry.
Status fill_entry(const std::string& objects, const std::string& entry, const Recipe& recipe) {
  TRY(run_strip(objects + "/vmlinux", entry + "/vmlinux"));
  TRY(move(objects + "/arch/x86/boot/bzImage", entry + "/bzImage"));
  TRY(move(objects + "/.config", entry + "/config"));
  return write_file_atomically(entry + "/origin", as_bytes(recipe.origin()));
}

/// Removes the oldest kernels that no name points at any more.
void sweep(const std::string& kernels) {
  constexpr std::size_t kept = 8;
  std::vector<fs::path> named;
  std::vector<std::pair<fs::file_time_type, fs::path>> nameless;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(kernels, error))
    if (entry.is_symlink(error)) named.push_back(fs::read_symlink(entry.path(), error).filename());
  for (const fs::directory_entry& entry : fs::directory_iterator(kernels + "/.built", error))
    if (std::ranges::find(named, entry.path().filename()) == named.end())
      nameless.emplace_back(entry.last_write_time(error), entry.path());
  std::ranges::sort(nameless, std::ranges::greater());
  for (std::size_t i = kept; i < nameless.size(); ++i) fs::remove_all(nameless[i].second, error);
}

/// Makes the kernel in `scratch` and puts it at its key.
Status build(const std::string& kernels, const BuildRequest& request, Recipe& recipe,
             const Scratch& scratch, BuildWatcher& watcher, const Fd& lock, int stop) {
  const Says says = [&](std::string_view what) { watcher.begins(what); };
  const bool unpacks = recipe.source.directory.empty();
  TRY(check_space(kernels, unpacks));
  if (unpacks) {
    recipe.source.directory = TRY(scratch.directory("source"));
    TRY(unpack_source(recipe.source, kernels + "/.sources", recipe.source.directory, says));
  }
  TRY(check_pahole(recipe.source.directory));
  const std::string log = kernels + "/.build.log";
  TRY(remove_tree(log));
  Make make{.source = recipe.source.directory,
            .objects = TRY(scratch.directory("objects")),
            .log = log,
            .lock = lock.get(),
            .stop = stop};
  make.failed = [&](std::span<const std::string> lines) { watcher.complains(lines); };
  const std::string version = TRY(source_version(make.source));
  watcher.begins("configuring " + version);
  TRY(configure(make, recipe.wishes, make.failed));
  const std::uint32_t jobs =
      request.jobs > 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  watcher.begins("building " + version + ", " + std::to_string(jobs) + " at a time");
  make.made = [&](std::uint64_t files, std::string_view path) { watcher.makes(files, path); };
  TRY(make.run({"-j" + std::to_string(jobs), "bzImage"}));

  // A tree that changed meanwhile is not the commit that it was.
  if (!unpacks && recipe.source.fixed) {
    const Source now = TRY(examine_tree(recipe.source.directory));
    if (now.identity != recipe.source.identity) {
      recipe.source.identity = "tree " + recipe.source.directory;
      recipe.source.words = version + ", tree " + recipe.source.directory;
    }
  }
  watcher.begins("storing " + version);
  const std::string entry = TRY(scratch.directory("entry"));
  TRY(fill_entry(make.objects, entry, recipe));
  TRY(image::make_directories(kernels + "/.built"));
  return put_in_place(entry, kernels + "/.built/" + recipe.key());
}

}  // namespace

Result<Built> build_kernel(const std::string& kernels, const BuildRequest& request,
                           BuildWatcher& watcher, int stop) {
  const Says says = [&](std::string_view what) { watcher.begins(what); };
  if (!request.name.empty()) TRY(check_name(kernels, request.name));
  Recipe recipe;
  recipe.wishes = TRY(gather_wishes(request.config));
  if (const std::vector<BuildNeed> missing = missing_build_needs(); !missing.empty())
    return tl::unexpected(describe_missing(missing));
  recipe.toolchain = TRY(toolchain_identity());
  recipe.source = request.package.empty() ? TRY(examine_tree(request.tree))
                                          : TRY(examine_package(request.package, says));
  TRY(image::make_directories(kernels));
  const Fd lock = TRY(lock_file(
      kernels + "/.build.lock", [&] { says("waiting for another build to end"); }, stop));

  const auto cached = [&] { return kernels + "/.built/" + recipe.key(); };
  std::error_code error;
  const bool hit = recipe.source.fixed && !request.force && fs::exists(cached() + "/origin", error);
  const Scratch scratch = TRY(Scratch::make(kernels + "/.build"));
  if (!hit) {
    const Status done = build(kernels, request, recipe, scratch, watcher, lock, stop);
    // Ctrl-C reaches tar and its like as well, and their end is not what went wrong.
    if (!done && is_stopped(stop)) {
      says("removing what was built; Ctrl-C again leaves that to the next build");
      return fail_code(EINTR, "build the kernel");
    }
    if (!done) return tl::unexpected(done.error());
  }

  Result<ir::KernelFacts> facts = find_kernel(kernels, cached());
  if (!facts) return fail_within("read the kernel built", std::move(facts).error());
  const std::string name = request.name.empty() ? facts->release : request.name;
  TRY(check_name(kernels, name));
  const std::string aside = TRY(scratch.directory("link"));
  TRY(point_at(".built/" + recipe.key(), kernels + "/" + name, aside));
  sweep(kernels);
  return Built{TRY(find_kernel(kernels, name)), hit};
}

}  // namespace ktstr::kernel
