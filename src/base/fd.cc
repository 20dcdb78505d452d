// SPDX-License-Identifier: GPL-2.0-only
#include "base/fd.h"

#include <cerrno>
#include <cstdio>

#include <sys/mman.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <unistd.h>

namespace ktstr {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    raw_ = std::exchange(other.raw_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (raw_ >= 0) ::close(std::exchange(raw_, -1));
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  int raw;
  do {
    raw = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (raw < 0 && errno == EINTR);
  if (raw < 0) return fail_errno("open " + path);
  return Fd(raw);
}

Result<Fd> create_memfd(const std::string& name, Bytes size) {
  Fd fd(::memfd_create(name.c_str(), MFD_CLOEXEC));
  if (!fd) return fail_errno("memfd_create " + name);
  if (::ftruncate(fd.get(), static_cast<off_t>(size.count)) != 0)
    return fail_errno("size memfd " + name);
  return fd;
}

Result<Fd> duplicate(const Fd& fd) {
  Fd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!copy) return fail_errno("duplicate a file descriptor");
  return copy;
}

Result<std::pair<Fd, Fd>> stream_pair() {
  int raw[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw) != 0)
    return fail_errno("socketpair");
  return std::pair(Fd(raw[0]), Fd(raw[1]));
}

Status write_all(const Fd& fd, ByteView bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return fail_errno("write " + std::string(name));
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Result<Buffer> read_all(const Fd& fd, Bytes limit, std::string_view name) {
  constexpr std::size_t chunk = 64 * 1024;
  Buffer out;
  while (true) {
    const std::size_t have = out.size();
    out.resize(have + chunk);
    const ssize_t done = ::read(fd.get(), out.data() + have, chunk);
    if (done < 0 && errno != EINTR) return fail_errno("read " + std::string(name));
    out.resize(have + static_cast<std::size_t>(done < 0 ? 0 : done));
    if (done == 0) return out;
    if (out.size() > limit.count) return fail_code(EFBIG, "read " + std::string(name));
  }
}

Result<Buffer> read_file(const std::string& path, Bytes limit) {
  const Fd fd = TRY(open_file(path, O_RDONLY));
  return read_all(fd, limit, path);
}

Result<std::string> read_text(const std::string& path, Bytes limit) {
  const Buffer bytes = TRY(read_file(path, limit));
  return std::string(as_text(bytes));
}

Status write_file_atomically(const std::string& path, ByteView bytes, unsigned mode) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd fd = TRY(open_file(directory, O_TMPFILE | O_WRONLY, mode));
  TRY(write_all(fd, bytes, path));
  const std::string self = "/proc/self/fd/" + std::to_string(fd.get());
  // linkat cannot replace, so the link gets a name of its own for the moment before rename.
  const std::string staged = path + "." + std::to_string(::getpid()) + ".new";
  ::unlink(staged.c_str());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, staged.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return fail_errno("link " + staged);
  if (::rename(staged.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(staged.c_str());
    return fail_code(code, "rename to " + path);
  }
  return {};
}

}  // namespace ktstr
