// SPDX-License-Identifier: GPL-2.0-only
#include "image/cpio.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <map>

#include <sys/stat.h>

#include "base/overload.h"

namespace ktstr::image {
namespace {

constexpr std::uint32_t permission_bits = 07777;

bool is_plain(std::string_view path) {
  constexpr std::size_t longest = 4095;  // PATH_MAX without its terminator.
  if (path.empty() || path.size() > longest || path.find('\0') != path.npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

void append(Buffer& out, std::string_view text) {
  const ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void pad(Buffer& out, std::size_t alignment) {
  out.resize((out.size() + alignment - 1) / alignment * alignment);
}

struct Member {
  std::uint32_t mode = 0;
  ByteView data;
  CharacterDevice device;
  std::uint32_t links = 1;
};

Member describe(const Entry& entry) {
  const std::uint32_t bits = entry.mode & permission_bits;
  return std::visit(Overload{
                        [&](const Directory&) {
                          return Member{S_IFDIR | bits, {}, {}, 2};
                        },
                        [&](const File& file) {
                          return Member{S_IFREG | bits, file.content, {}};
                        },
                        [](const Symlink& link) {
                          return Member{S_IFLNK | 0777, as_bytes(link.target), {}};
                        },
                        [&](const CharacterDevice& device) {
                          return Member{S_IFCHR | bits, {}, device};
                        },
                    },
                    entry.what);
}

void append_member(Buffer& out, std::uint32_t inode, std::string_view path, const Member& member) {
  const std::array<std::uint32_t, 13> fields = {
      inode,
      member.mode,
      0,  // owner
      0,  // group
      member.links,
      0,  // time
      static_cast<std::uint32_t>(member.data.size()),
      0,  // device that holds the file, major and minor
      0,
      member.device.major,
      member.device.minor,
      static_cast<std::uint32_t>(path.size() + 1),
      0,  // checksum, not used by newc
  };
  append(out, "070701");
  for (const std::uint32_t field : fields) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08X", field);
    append(out, digits);
  }
  append(out, path);
  out.push_back(std::byte{0});
  pad(out, 4);
  out.insert(out.end(), member.data.begin(), member.data.end());
  pad(out, 4);
}

using Tree = std::map<std::string, Entry, std::less<>>;

/// Makes the directories above `path`, which is plain.
Status add_parents(Tree& tree, const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    const auto found = tree.try_emplace(parent, Entry{parent, Directory{}}).first;
    if (!std::holds_alternative<Directory>(found->second.what))
      return fail("pack /" + path + " into the initramfs: /" + parent + " is not a directory");
  }
  return {};
}

Result<Tree> to_tree(std::vector<Entry> entries) {
  Tree tree;
  for (Entry& entry : entries) {
    if (!is_plain(entry.path))
      return fail("pack `" + entry.path + "` into the initramfs: bad path");
    if (describe(entry).data.size() > std::numeric_limits<std::uint32_t>::max())
      return fail("pack /" + entry.path + " into the initramfs: a file may have at most 4 GiB");
    const std::string path = entry.path;
    const auto [found, added] = tree.try_emplace(path, std::move(entry));
    // try_emplace leaves `entry` alone when the path is there already.
    if (!added && found->second != entry)
      return fail("pack /" + path + " into the initramfs: two different things have this path");
  }
  std::vector<std::string> paths;
  for (const auto& [path, entry] : tree) paths.push_back(path);
  for (const std::string& path : paths) TRY(add_parents(tree, path));
  return tree;
}

}  // namespace

Result<Buffer> write_cpio(std::vector<Entry> entries) {
  constexpr std::size_t header = 128;
  constexpr std::size_t block = 512;
  const Tree tree = TRY(to_tree(std::move(entries)));
  std::size_t size = block;
  for (const auto& [path, entry] : tree) size += header + path.size() + describe(entry).data.size();

  Buffer out;
  out.reserve(size + block);
  std::uint32_t inode = 0;
  for (const auto& [path, entry] : tree) append_member(out, ++inode, path, describe(entry));
  append_member(out, 0, "TRAILER!!!", Member{});
  pad(out, block);
  return out;
}

}  // namespace ktstr::image
