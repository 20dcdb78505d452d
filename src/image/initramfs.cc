// SPDX-License-Identifier: GPL-2.0-only
#include "image/initramfs.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/mapping.h"

namespace ktstr::image {
namespace {

Result<Fd> seal_in_memory(ByteView content) {
  Fd fd(::memfd_create("ktstr-initramfs", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("memfd_create ktstr-initramfs");
  TRY(write_all(fd, content, "the initramfs"));
  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(fd.get(), F_ADD_SEALS, seals) != 0) return fail_errno("seal the initramfs");
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("rewind the initramfs");
  return fd;
}

bool holds(const Fd& file, ByteView content) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0 || static_cast<std::size_t>(info.st_size) != content.size())
    return false;
  const Result<Mapping> mapping = Mapping::of(file, Bytes{content.size()}, Mapping::Access::read);
  return mapping && as_text(mapping->bytes()) == as_text(content);
}

}  // namespace

Result<Initramfs> build_initramfs(std::vector<Entry> entries, const ContentCache* cache) {
  const Buffer content = TRY(write_cpio(std::move(entries)));
  Initramfs built{Fd(), Bytes{content.size()}, content_hash(content)};
  if (cache == nullptr) {
    built.file = TRY(seal_in_memory(content));
    return built;
  }
  const std::string key = built.hash + ".cpio";
  std::optional<Fd> cached = TRY(cache->find(key));
  if (cached && !holds(*cached, content)) {
    TRY(cache->remove(key));
    cached.reset();
  }
  built.file = cached ? std::move(*cached) : TRY(cache->store(key, content));
  return built;
}

}  // namespace ktstr::image
