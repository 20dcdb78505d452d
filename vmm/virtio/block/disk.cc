// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/virtio/block/disk.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

namespace ktstr::vmm::virtio {
namespace {

Status read_at(const Fd& fd, std::uint64_t offset, ByteSpan out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(fd.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read from a disk");
    if (got == 0) return fail_code(EIO, "read from a disk whose file has become shorter");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Status write_at(const Fd& fd, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("write to a disk");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

Status zero_at(const Fd& fd, std::uint64_t offset, std::uint64_t size) {
  if (::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(size)) == 0)
    return {};
  static constexpr std::array<std::byte, 65536> zeros{};
  for (std::uint64_t done = 0; done < size;) {  // Not every file system has holes.
    const std::uint64_t step = std::min<std::uint64_t>(zeros.size(), size - done);
    TRY(write_at(fd, offset + done, ByteView(zeros).first(step)));
    done += step;
  }
  return {};
}

}  // namespace

Result<Disk> Disk::open(const std::string& path, DiskMode mode,
                        const std::string& overlay_directory) {
  // Without waiting for the writer of what turns out to be a pipe.
  const int access = mode == DiskMode::read_write ? O_RDWR : O_RDONLY;
  Fd base = TRY(open_file(path, access | O_NONBLOCK));
  struct stat file {};
  if (::fstat(base.get(), &file) != 0) return fail_errno("look at " + path);
  if (!S_ISREG(file.st_mode) && !S_ISBLK(file.st_mode))
    return fail_code(EINVAL, "use " + path + " as a disk: it is neither a file nor a block device");
  const off_t end = ::lseek(base.get(), 0, SEEK_END);
  if (end < 0) return fail_errno("learn the size of " + path);
  const auto size = static_cast<std::uint64_t>(end);
  if (size == 0 || size % sector != 0)
    return fail_code(EINVAL, "use " + path + " as a disk: its size of " + std::to_string(size) +
                                 " bytes is not a multiple of 512");
  Disk disk(mode, size, std::move(base));
  if (mode == DiskMode::copy_on_write) TRY(disk.add_overlay(overlay_directory));
  return disk;
}

Status Disk::add_overlay(const std::string& directory) {
  overlay_ = TRY(open_file(directory, O_TMPFILE | O_RDWR, 0600));
  if (::ftruncate(overlay_.get(), static_cast<off_t>(size_)) != 0)
    return fail_errno("size a disk's copy in " + directory);
  const std::uint64_t clusters = (size_ + cluster - 1) / cluster;
  copied_ = TRY(Mapping::anonymous_shared(Bytes{(clusters + 7) / 8}));
  return {};
}

bool Disk::copied(std::uint64_t index) const {
  return (copied_.bytes()[index / 8] & std::byte{1} << (index % 8)) != std::byte{0};
}

void Disk::mark(std::uint64_t offset, std::uint64_t size) {
  for (std::uint64_t index = offset / cluster; index * cluster < offset + size; ++index)
    copied_.bytes()[index / 8] |= std::byte{1} << (index % 8);
}

Status Disk::read(std::uint64_t offset, ByteSpan out) const {
  if (!overlay_) return read_at(base_, offset, out);
  while (!out.empty()) {
    // As far as the clusters come from the same file.
    const bool here = copied(offset / cluster);
    std::uint64_t end = (offset / cluster + 1) * cluster;
    while (end < offset + out.size() && copied(end / cluster) == here) end += cluster;
    const std::size_t step = std::min<std::uint64_t>(end - offset, out.size());
    TRY(read_at(here ? overlay_ : base_, offset, out.first(step)));
    out = out.subspan(step);
    offset += step;
  }
  return {};
}

Status Disk::copy_up(std::uint64_t index) {
  if (copied(index)) return {};
  std::array<std::byte, cluster> bytes;
  const std::uint64_t offset = index * cluster;
  const ByteSpan whole = ByteSpan(bytes).first(std::min(cluster, size_ - offset));
  TRY(read_at(base_, offset, whole));
  TRY(write_at(overlay_, offset, whole));
  mark(offset, 1);
  return {};
}

/// Clusters that are only written in part need the rest from the base.
Status Disk::copy_edges(std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t end = offset + size;
  if (offset % cluster != 0) TRY(copy_up(offset / cluster));
  if (end % cluster != 0 && end != size_) TRY(copy_up(end / cluster));
  return {};
}

Status Disk::write(std::uint64_t offset, ByteView bytes) {
  if (bytes.empty()) return {};
  if (overlay_) TRY(copy_edges(offset, bytes.size()));
  TRY(write_at(written(), offset, bytes));
  if (overlay_) mark(offset, bytes.size());
  return {};
}

Status Disk::zero(std::uint64_t offset, std::uint64_t size) {
  if (size == 0) return {};
  if (overlay_) TRY(copy_edges(offset, size));
  TRY(zero_at(written(), offset, size));
  if (overlay_) mark(offset, size);
  return {};
}

Status Disk::flush() const {
  if (mode_ == DiskMode::read_write && ::fdatasync(base_.get()) != 0)
    return fail_errno("flush a disk");
  return {};
}

}  // namespace ktstr::vmm::virtio
