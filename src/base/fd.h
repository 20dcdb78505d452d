// SPDX-License-Identifier: GPL-2.0-only
// Fd owns a file descriptor; the free functions are the few file operations every layer that
// touches the OS needs, retrying EINTR and failing with the path in the message.
#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace ktstr {

class [[nodiscard]] Fd {
 public:
  Fd() = default;
  explicit Fd(int raw) : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return raw_; }
  explicit operator bool() const { return raw_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(raw_, -1); }
  void reset();

 private:
  int raw_ = -1;
};

/// open(2) with O_CLOEXEC added.
Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);
/// A close-on-exec memfd of `size` bytes; `name` shows in /proc/PID/maps.
Result<Fd> create_memfd(const std::string& name, Bytes size);
Result<Fd> duplicate(const Fd& fd);
/// A connected pair of Unix stream sockets, both close-on-exec.
Result<std::pair<Fd, Fd>> stream_pair();

/// Writes everything or fails.
Status write_all(const Fd& fd, ByteView bytes, std::string_view name);
/// Reads until end of file; fails beyond `limit`.
Result<Buffer> read_all(const Fd& fd, Bytes limit, std::string_view name);
/// The file's contents; fails beyond `limit`.
Result<Buffer> read_file(const std::string& path, Bytes limit);
Result<std::string> read_text(const std::string& path, Bytes limit = 1_MiB);
/// Writes through a temporary name in the same directory and renames: a reader sees the old file or
/// the whole new one. A file left by a killed writer has no name (O_TMPFILE).
Status write_file_atomically(const std::string& path, ByteView bytes, unsigned mode = 0644);

}  // namespace ktstr
