// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/fetch.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "image/cache.h"
#include "kernel/apt.h"
#include "kernel/find.h"
#include "kernel/store.h"
#include "kernel/unpack.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

struct Package {
  std::string name;
  std::string version;
};

/// What the packages of one kernel amount to.
struct Release {
  std::string release;  ///< `uname -r`.
  std::vector<Package> packages;
};

Result<std::vector<std::string>> private_apt(const std::vector<std::string>& words) {
  return apt_lines("fetch a kernel", words);
}

/// Of the packages that `package` stands for, those that belong to one kernel release carry it in
/// their names: linux-binary-RELEASE, linux-modules-RELEASE.
Result<Release> resolve(const StockKernel& what) {
  Release found;
  for (const std::string& line : TRY(private_apt({"depends", what.suite, what.package}))) {
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    for (const std::string_view kind :
         {"linux-image-", "linux-binary-", "linux-base-", "linux-modules-"}) {
      if (!name.starts_with(kind) || name.size() == kind.size()) continue;
      const std::string release = name.substr(kind.size());
      if (release[0] < '0' || release[0] > '9') continue;
      if (!found.release.empty() && found.release != release)
        return fail("fetch a kernel: " + what.package + " stands for both " + found.release +
                    " and " + release);
      found.release = release;
      found.packages.push_back({name, space == line.npos ? "" : line.substr(space + 1)});
    }
  }
  if (found.release.empty())
    return fail("fetch a kernel: " + what.package + " of " + what.suite + " stands for no kernel");
  return found;
}

/// The release without what the distribution adds to the version: `7.3.4-cloud-amd64` of
/// `7.3.4+deb13-cloud-amd64`.
std::string entry_name(const std::string& release) {
  const std::size_t plus = release.find('+');
  if (plus == release.npos) return release;
  const std::size_t dash = release.find('-', plus);
  return release.substr(0, plus) + (dash == release.npos ? "" : release.substr(dash));
}

std::string origin_text(const StockKernel& what, const Release& release) {
  return what.package + " " + release.packages.front().version + " of " + what.suite + "\n";
}

/// Downloads what `directory` lacks, package by package, so that an interrupted fetch goes on.
Result<std::vector<std::string>> download(const StockKernel& what, const Release& release,
                                          const std::string& directory,
                                          const FetchProgress& progress) {
  TRY(image::make_directories(directory));
  std::vector<std::string> paths;
  for (const Package& package : release.packages) {
    std::error_code error;
    std::string path;
    for (const fs::directory_entry& file : fs::directory_iterator(directory, error))
      if (file.path().filename().string().starts_with(package.name + "_")) path = file.path();
    if (path.empty()) {
      progress("downloading " + package.name + " " + package.version);
      const std::vector<std::string> got =
          TRY(private_apt({"download", what.suite, directory, package.name}));
      if (got.size() != 1) return fail("fetch a kernel: no file came for " + package.name);
      path = got.front();
    }
    paths.push_back(path);
  }
  return paths;
}

}  // namespace

Result<ir::KernelFacts> fetch_kernel(const std::string& kernels, const StockKernel& what,
                                     const FetchProgress& progress) {
  TRY(image::make_directories(kernels));
  const Fd held = TRY(lock_file(
      kernels + "/.lock", [&] { progress("waiting for another process that fetches a kernel"); }));
  const std::string incoming = kernels + "/.incoming";
  TRY(remove_tree(incoming));
  TRY(image::make_directories(incoming + "/root"));

  progress("looking for " + what.package + " in " + what.suite);
  const Release release = TRY(resolve(what));
  const std::string name = entry_name(release.release);
  const std::string origin = origin_text(what, release);
  const std::string target = kernels + "/" + name;
  if (read_text(target + "/origin", 4_KiB).value_or("") != origin || !find_kernel(kernels, name)) {
    const std::string downloads = kernels + "/.download";
    const std::string current = downloads + "/" + release.packages.front().version;
    std::error_code error;
    for (const fs::directory_entry& old : fs::directory_iterator(downloads, error))
      if (old.path() != current) TRY(remove_tree(old.path()));
    const std::vector<std::string> packages = TRY(download(what, release, current, progress));

    progress("unpacking " + release.release);
    const std::string entry = incoming + "/" + name;
    TRY(image::make_directories(entry));
    TRY(unpack_kernel(packages, release.release, incoming + "/root", entry));
    TRY(write_file_atomically(entry + "/origin", as_bytes(origin)));
    TRY(put_in_place(entry, target));
    TRY(remove_tree(downloads));
  }
  TRY(point_at(name, kernels + "/stock", incoming));
  TRY(remove_tree(incoming));
  return find_kernel(kernels, name);
}

}  // namespace ktstr::kernel
