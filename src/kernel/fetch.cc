// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/fetch.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include <sys/file.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "image/cache.h"
#include "kernel/find.h"
#include "kernel/private_apt.h"
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

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end != 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail_code(error.value(), "remove " + path.string());
  return {};
}

std::string hint_for(int status) {
  switch (status) {
    case 10:
      return "offline: fetch again later, or give a kernel of your own: --kernel PATH";
    case 11:
      return "the mirror in this system's apt sources does not offer it; use --kernel PATH";
    case 12:
      return "this works on Debian only; use --kernel PATH";
    default:
      return "the words above are the package manager's";
  }
}

/// Runs the script; what it says on standard error becomes the error's text.
Result<std::vector<std::string>> private_apt(const std::vector<std::string>& words) {
  constexpr Nanos patience = 1800s;
  std::vector<std::string> argv = {"sh", "-c", std::string(private_apt_script), "private-apt"};
  argv.insert(argv.end(), words.begin(), words.end());
  const Output output = TRY(run_command({.argv = std::move(argv)}, patience, 1_MiB));
  if (output.exit.success()) return lines_of(output.out);
  // From 10 on the script's last line explains itself; before, apt's own words are needed.
  const std::vector<std::string> said = lines_of(output.err);
  const std::size_t most = output.exit.code >= 10 ? 1 : 5;
  std::string last;
  for (std::size_t i = said.size() - std::min(most, said.size()); i < said.size(); ++i)
    last += (last.empty() ? "" : " | ") + said[i];
  return fail(
      "fetch a kernel (" + words[0] + " " + words[1] + ", " + describe(output.exit) + "): " + last,
      hint_for(output.exit.code));
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

/// Puts the finished `staged` in the place of whatever `target` is.
Status install(const std::string& staged, const std::string& target) {
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno != EEXIST) return fail_errno("rename to " + target);
  if (::renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0)
    return fail_errno("exchange " + target);
  return remove_tree(staged);  // What was there before.
}

Status point_stock_at(const std::string& kernels, const std::string& scratch,
                      const std::string& name) {
  const std::string link = scratch + "/stock";
  const std::string stock = kernels + "/stock";
  if (::symlink(name.c_str(), link.c_str()) != 0) return fail_errno("link " + link);
  if (::rename(link.c_str(), stock.c_str()) != 0) return fail_errno("rename to " + stock);
  return {};
}

/// Held for the whole fetch; the kernel lets go of it when we die.
Result<Fd> lock(const std::string& kernels, const FetchProgress& progress) {
  Fd fd = TRY(open_file(kernels + "/.lock", O_RDWR | O_CREAT, 0644));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return fail_errno("lock " + kernels);
  progress("waiting for another process that fetches a kernel");
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno("lock " + kernels);
  return fd;
}

}  // namespace

Result<ir::KernelFacts> fetch_kernel(const std::string& kernels, const StockKernel& what,
                                     const FetchProgress& progress) {
  TRY(image::make_directories(kernels));
  const Fd held = TRY(lock(kernels, progress));
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
    TRY(install(entry, target));
    TRY(remove_tree(downloads));
  }
  TRY(point_stock_at(kernels, incoming, name));
  TRY(remove_tree(incoming));
  return find_kernel(kernels, name);
}

}  // namespace ktstr::kernel
