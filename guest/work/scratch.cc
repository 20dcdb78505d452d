// SPDX-License-Identifier: GPL-2.0-only
#include "guest/work/scratch.h"

#include <cerrno>
#include <cstring>

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <fcntl.h>
#include <unistd.h>

namespace ktstr::guest {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::uint64_t file_size = 16 << 20;
constexpr std::uint64_t blocks_apart = 1024;

Result<Fd> open_place(const std::string& disk, int flags) {
  const int all = O_RDWR | flags;
  const auto attempt = [&](int with) {
    return disk.empty() ? open_file("/tmp", with | O_TMPFILE, 0600) : open_file(disk, with);
  };
  Result<Fd> fd = attempt(all);
  if (!fd && fd.error().code == EINVAL && (flags & O_DIRECT) != 0) fd = attempt(all & ~O_DIRECT);
  return fd;
}

}  // namespace

Scratch::Scratch(Worker& worker, int flags) : worker_(worker) {
  const std::string& disk = worker.surroundings().disk;
  Result<Fd> fd = open_place(disk, flags);
  if (!fd) worker.fail(describe(fd.error()));
  fd_ = std::move(*fd);
  std::uint64_t size = file_size;
  if (disk.empty() ? ::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0
                   : ::ioctl(fd_.get(), BLKGETSIZE64, &size) != 0)
    worker.fail_errno("find a place to write to");
  blocks_ = size / block;
  first_ = worker.surroundings().id * blocks_apart % blocks_;
  void* const memory =
      ::mmap(nullptr, buffer_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) worker.fail_errno("map a buffer");
  buffer_ = {static_cast<std::byte*>(memory), buffer_size};
  std::memset(memory, 'k', buffer_size);
}

void Scratch::write(std::uint64_t number) {
  begin();
  transfer(Way::out, number, block);
  end();
}

void Scratch::read(std::uint64_t number) {
  begin();
  transfer(Way::in, number, block);
  end();
}

void Scratch::write_and_sync(std::uint64_t number, std::size_t size) {
  begin();
  while (size > 0 && !worker_.stopping()) {
    const std::size_t part = std::min(size, buffer_.size());
    transfer(Way::out, number, part);
    number += part / block;
    size -= part;
  }
  sync();
  end();
}

void Scratch::sync() {
  worker_.begin_wait();
  if (::fdatasync(fd_.get()) != 0 && errno != EINTR) worker_.fail_errno("fdatasync");
  worker_.cancel_wait();
}

void Scratch::begin() {
  begun_ = worker_.checkpoint();
  frozen_ = worker_.frozen_time();
  worker_.begin_wait();
}

void Scratch::end() {
  worker_.cancel_wait();
  const Nanos took = worker_.checkpoint() - begun_;
  if (worker_.frozen_time() == frozen_) worker_.record(slot(ir::metric("request_latency")), took);
}

void Scratch::transfer(Way way, std::uint64_t number, std::size_t size) {
  std::uint64_t at = number % blocks_ * block;
  if (at + size > blocks_ * block) at = 0;
  const auto offset = static_cast<off_t>(at);
  const ssize_t done = way == Way::out ? ::pwrite(fd_.get(), buffer_.data(), size, offset)
                                       : ::pread(fd_.get(), buffer_.data(), size, offset);
  if (done < 0 && errno != EINTR) worker_.fail_errno(way == Way::out ? "write" : "read");
}

}  // namespace ktstr::guest
