// SPDX-License-Identifier: GPL-2.0-only
#include "image/modules.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <set>

#include "base/fd.h"
#include "image/decompress.h"

namespace ktstr::image {
namespace {

constexpr Bytes index_limit = 16_MiB;
constexpr Bytes module_limit = 128_MiB;
constexpr std::ptrdiff_t hash_size = 32;

struct Known {
  std::string path;                ///< Relative to the module directory, or absolute.
  std::vector<std::string> needs;  ///< Names; modules.dep gives them last to load first.
};

/// Calls `use(line)` for each line of `text`.
template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    use(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

using Index = std::map<std::string, Known, std::less<>>;

Index parse_dependencies(std::string_view text) {
  Index index;
  for_each_line(text, [&](std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return;
    Known known{std::string(line.substr(0, colon)), {}};
    std::string_view rest = line.substr(colon + 1);
    while (true) {
      const std::size_t start = rest.find_first_not_of(" \t\r");
      if (start == rest.npos) break;
      rest.remove_prefix(start);
      const std::size_t end = rest.find_first_of(" \t\r");
      known.needs.push_back(module_name(rest.substr(0, end)));
      rest.remove_prefix(end == rest.npos ? rest.size() : end);
    }
    std::ranges::reverse(known.needs);
    std::string name = module_name(known.path);
    index.try_emplace(std::move(name), std::move(known));
  });
  return index;
}

class Resolver {
 public:
  Resolver(const std::string& directory, Index index, std::set<std::string> builtin)
      : directory_(directory), index_(std::move(index)), builtin_(std::move(builtin)) {}

  void want(const std::string& name) {
    if (builtin_.contains(name)) {
      if (seen_.insert(name).second) plan_.builtin.push_back(name);
      return;
    }
    visit(name);
  }

  ModulePlan take() { return std::move(plan_); }

 private:
  struct Frame {
    std::string name;
    const Known* known;
    std::size_t next;
  };

  /// Depth first with a stack of its own: the file decides how deep it goes.
  void visit(const std::string& wanted) {
    std::vector<Frame> stack;
    enter(stack, wanted);
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.next < top.known->needs.size()) {
        const std::string need = top.known->needs[top.next++];
        if (!builtin_.contains(need)) enter(stack, need);
        continue;
      }
      const bool absolute = top.known->path.starts_with('/');
      plan_.load_order.push_back(
          {top.name, absolute ? top.known->path : directory_ + "/" + top.known->path});
      stack.pop_back();
    }
  }

  void enter(std::vector<Frame>& stack, const std::string& name) {
    if (!seen_.insert(name).second) return;
    const auto found = index_.find(name);
    if (found == index_.end())
      plan_.missing.push_back(name);
    else
      stack.push_back({name, &found->second, 0});
  }

  const std::string& directory_;
  Index index_;
  std::set<std::string> builtin_;
  std::set<std::string> seen_;
  ModulePlan plan_;
};

/// What was kept under `key`: the bytes and, after them, their hash.
std::optional<Buffer> recall(const ContentCache& cache, const std::string& key) {
  const Result<std::optional<Fd>> file = cache.find(key);
  if (!file || !*file) return std::nullopt;
  Result<Buffer> kept = read_file(cache.path_of(key), module_limit);
  if (!kept || std::ssize(*kept) < hash_size) return std::nullopt;
  const std::string hash(as_text(ByteView(*kept).last(hash_size)));
  kept->erase(kept->end() - hash_size, kept->end());
  if (content_hash(*kept) != hash) return std::nullopt;
  return std::move(*kept);
}

/// A cache that cannot be written to costs time, nothing else.
void keep(const ContentCache& cache, const std::string& key, ByteView bytes) {
  const std::string hash = content_hash(bytes);
  Buffer content(bytes.size() + hash.size());
  std::ranges::copy(bytes, content.begin());
  std::ranges::copy(as_bytes(hash), content.end() - hash_size);
  [[maybe_unused]] const Status removed = cache.remove(key);
  [[maybe_unused]] const Result<Fd> stored = cache.store(key, content);
}

Result<Buffer> unpack(ByteView packed, const ContentCache* cache) {
  if (cache == nullptr) return decompress(packed, module_limit);
  const std::string key = content_hash(packed) + ".unpacked";
  if (std::optional<Buffer> known = recall(*cache, key)) return std::move(*known);
  Buffer bytes = TRY(decompress(packed, module_limit));
  keep(*cache, key, bytes);
  return bytes;
}

}  // namespace

std::string module_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != path.npos) path.remove_prefix(slash + 1);
  std::string name(path.substr(0, path.find('.')));
  std::ranges::replace(name, '-', '_');
  return name;
}

Result<ModulePlan> resolve_modules(const std::string& directory,
                                   std::span<const std::string> wanted) {
  const std::string dependencies = TRY(read_text(directory + "/modules.dep", index_limit));
  const Result<std::string> builtin_text = read_text(directory + "/modules.builtin", index_limit);
  if (!builtin_text && builtin_text.error().code != ENOENT)
    return tl::unexpected(builtin_text.error());
  std::set<std::string> builtin;
  if (builtin_text)
    for_each_line(*builtin_text, [&](std::string_view line) {
      if (!line.empty()) builtin.insert(module_name(line));
    });

  Resolver resolver(directory, parse_dependencies(dependencies), std::move(builtin));
  for (const std::string& name : wanted) resolver.want(module_name(name));
  return resolver.take();
}

Result<Buffer> read_module(const std::string& path, const ContentCache* unpacked) {
  Buffer bytes = TRY(read_file(path, module_limit));
  if (detect_compression(bytes) != Compression::none) {
    Result<Buffer> plain = unpack(bytes, unpacked);
    if (!plain) return fail_within("read module " + path, std::move(plain).error());
    bytes = std::move(*plain);
  }
  if (!as_text(bytes).starts_with("\x7F"
                                  "ELF"))
    return fail("read module " + path + ": it is not an ELF file in any known compression");
  return bytes;
}

Result<std::vector<Entry>> module_entries(const ModulePlan& plan, const ContentCache* unpacked) {
  std::vector<Entry> entries;
  for (const Module& module : plan.load_order) {
    char number[16];
    std::snprintf(number, sizeof number, "%03zu-", entries.size());
    entries.push_back({"modules/" + (number + module.name) + ".ko",
                       File{TRY(read_module(module.path, unpacked))}, 0644});
  }
  return entries;
}

}  // namespace ktstr::image
