// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/find.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "base/diagnostic.h"
#include "base/fd.h"
#include "image/cache.h"
#include "kernel/read.h"

namespace ktstr::kernel {
namespace {

namespace fs = std::filesystem;

constexpr Bytes extracted_limit = 1_GiB;
constexpr std::string_view fetch_hint = "`ktstr kernel fetch` brings a stock kernel";

Result<image::ContentCache> open_extracted(const std::string& kernels) {
  return image::ContentCache::open(kernels + "/.extracted", extracted_limit);
}

/// Names of kernels built here are links into this directory.
constexpr std::string_view built = ".built";

bool is_built(const fs::path& path) {
  std::error_code error;
  return fs::canonical(path, error).parent_path().filename() == built && !error;
}

/// The names below `kernels`, without hidden entries; `stock` and its like only when asked for.
std::vector<std::string> names_in(const std::string& kernels, bool links) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(kernels, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    std::error_code ignored;
    if (name.starts_with('.') || !at->is_directory(ignored)) continue;
    if (links || !at->is_symlink(ignored) || is_built(at->path())) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Result<ir::KernelFacts> read_entry(const std::string& kernels, const std::string& name,
                                   const image::ContentCache& extracted) {
  std::error_code error;
  const fs::path directory = fs::canonical(kernels + "/" + name, error);
  if (error) return fail_code(error.value(), "open the cached kernel " + name);
  Result<ir::KernelFacts> facts = read_kernel(directory, extracted);
  if (!facts) return fail_within("cached kernel " + name, std::move(facts).error());
  facts->name = is_built(directory) ? name : directory.filename().string();
  // The origin is for people; an entry made by hand has none.
  if (Result<std::string> origin = read_text(directory / "origin", 4_KiB)) {
    facts->origin = std::move(*origin);
    while (facts->origin.ends_with('\n')) facts->origin.pop_back();
  }
  return facts;
}

tl::unexpected<Error> not_found(const std::string& kernels, const std::string& spec) {
  const std::vector<std::string> names = names_in(kernels, true);
  if (names.empty())
    return fail("find kernel `" + spec + "`: no kernel is cached", std::string(fetch_hint));
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string near = nearest(spec, {names.begin(), names.end()});
  return fail(
      "find kernel `" + spec + "`: cached are " + list,
      near.empty() ? "give one of these or a path with a slash" : "did you mean `" + near + "`?");
}

}  // namespace

Result<std::string> default_kernels() {
  return TRY(image::cache_home()) + "/kernels";
}

Result<Listing> list_kernels(const std::string& kernels) {
  Listing listing;
  const std::vector<std::string> names = names_in(kernels, false);
  if (names.empty()) return listing;
  const image::ContentCache extracted = TRY(open_extracted(kernels));
  for (const std::string& name : names) {
    if (Result<ir::KernelFacts> facts = read_entry(kernels, name, extracted))
      listing.kernels.push_back(std::move(*facts));
    else
      listing.broken.push_back(std::move(facts).error());
  }
  std::ranges::stable_sort(listing.kernels, std::ranges::greater(), &ir::KernelFacts::version);
  return listing;
}

bool is_cached(const std::string& kernels, const std::string& spec) {
  std::error_code error;
  const bool plain = !spec.empty() && !spec.starts_with('.') && spec.find('/') == spec.npos;
  return plain && fs::is_directory(kernels + "/" + spec, error);
}

Result<ir::KernelFacts> find_kernel(const std::string& kernels, const std::string& spec) {
  std::error_code error;
  const bool cached = is_cached(kernels, spec);
  const bool path = !cached && (spec.find('/') != spec.npos || fs::exists(spec, error));
  if (!cached && !path) return not_found(kernels, spec);
  const image::ContentCache extracted = TRY(open_extracted(kernels));
  return cached ? read_entry(kernels, spec, extracted) : read_kernel(spec, extracted);
}

Result<ir::KernelFacts> default_kernel(const std::string& kernels) {
  std::multimap<ir::KernelVersion, std::string, std::greater<>> by_version;
  for (const std::string& name : names_in(kernels, false))
    by_version.emplace(read_version(kernels + "/" + name).value_or(ir::KernelVersion{}), name);
  if (by_version.empty())
    return fail("choose a kernel: none is cached in " + kernels, std::string(fetch_hint));
  const image::ContentCache extracted = TRY(open_extracted(kernels));
  std::optional<ir::KernelFacts> newest;
  std::optional<Error> trouble;
  for (const auto& [version, name] : by_version) {
    Result<ir::KernelFacts> facts = read_entry(kernels, name, extracted);
    if (facts && facts->option("SCHED_CLASS_EXT") == ir::OptionState::yes) return facts;
    if (facts && !newest) newest = std::move(*facts);
    if (!facts && !trouble) trouble = std::move(facts).error();
  }
  if (!newest) return tl::unexpected(std::move(*trouble));
  return std::move(*newest);
}

}  // namespace ktstr::kernel
