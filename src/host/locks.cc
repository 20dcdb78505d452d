// SPDX-License-Identifier: GPL-2.0-only
#include "host/locks.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <fcntl.h>
#include <unistd.h>

#include "host/lock_table.h"

namespace ktstr::host {
namespace {

constexpr const char* shared_by_all = "/run/ktstr";

std::string llc_name(std::uint32_t id) {
  return "llc-" + std::to_string(id);
}
std::string cpu_name(std::uint32_t cpu) {
  return "cpu-" + std::to_string(cpu);
}
std::string queue_name(std::uint32_t id) {
  return llc_name(id) + ".next";
}

/// Others may be on other machines, or the lock only in our imagination.
bool has_doubtful_locks(const std::string& directory) {
  constexpr std::array<std::uint32_t, 7> magic{NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC,
                                               SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC, AFS_FS_MAGIC,
                                               FUSE_SUPER_MAGIC};
  struct statfs status {};
  if (::statfs(directory.c_str(), &status) != 0) return false;
  return std::ranges::find(magic, static_cast<std::uint32_t>(status.f_type)) != magic.end();
}

/// As open to everybody as /tmp.
bool make_open_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 01777) == 0) ::chmod(path.c_str(), 01777);
  return ::access(path.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

Result<std::string> Locks::default_directory() {
  if (make_open_directory(shared_by_all)) return std::string(shared_by_all);
  const char* own = std::getenv("XDG_RUNTIME_DIR");
  if (own != nullptr && own[0] == '/') return std::string(own) + "/ktstr";
  return fail("find a place for locks",
              "set XDG_RUNTIME_DIR, or let root make /run/ktstr with mode 1777");
}

Result<Locks> Locks::open(std::string directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail_code(error.value(), "make " + directory);
  if (has_doubtful_locks(directory))
    return fail("use " + directory + " for locks: it is on a remote file system",
                "point XDG_RUNTIME_DIR at a local one");
  return Locks(std::move(directory));
}

Result<std::optional<Fd>> Locks::lock(const std::string& name, int operation) const {
  const std::string path = directory_ + "/" + name;
  // Whoever made the file, reading it is enough to lock it.
  Result<Fd> file = open_file(path, O_RDONLY | O_NOFOLLOW);
  if (!file && file.error().code == ENOENT) {
    file = open_file(path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0644);
    if (file) ::fchmod(file->get(), 0644);  // The umask may have hidden it from others.
  }
  if (!file) return tl::unexpected(std::move(file).error());
  while (::flock(file->get(), operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<Fd>();
    if (errno != EINTR) return fail_errno("lock " + path);
  }
  return std::optional(*std::move(file));
}

Result<std::optional<Holding>> Locks::try_take(const ir::Reservation& wanted) const {
  Holding out;
  const auto take = [&](const std::string& name, int operation) -> Result<bool> {
    std::optional<Fd> file = TRY(lock(name, operation));
    if (file) out.files_.push_back(*std::move(file));
    return file.has_value();
  };
  for (const std::uint32_t llc : wanted.llcs_shared.members()) {
    // Held only while looking: those who queue keep it.
    if (!TRY(lock(queue_name(llc), LOCK_SH))) return std::optional<Holding>();
    if (!TRY(take(llc_name(llc), LOCK_SH))) return std::optional<Holding>();
  }
  for (const std::uint32_t llc : wanted.llcs_alone.members())
    if (!TRY(take(llc_name(llc), LOCK_EX))) return std::optional<Holding>();
  for (const std::uint32_t cpu : wanted.cpus_shared.members())
    if (!TRY(take(cpu_name(cpu), LOCK_SH))) return std::optional<Holding>();
  for (const std::uint32_t cpu : wanted.cpus_alone.members())
    if (!TRY(take(cpu_name(cpu), LOCK_EX))) return std::optional<Holding>();
  return std::optional(std::move(out));
}

Holding Locks::queue_for(const ir::Reservation& wanted) const {
  Holding out;
  for (const std::uint32_t llc : wanted.llcs_alone.members())
    if (Result<std::optional<Fd>> file = lock(queue_name(llc), LOCK_EX); file && *file)
      out.files_.push_back(**std::move(file));
  return out;
}

std::vector<LockHolder> Locks::holders(const std::string& root) const {
  std::vector<LockHolder> out;
  for (const HeldLock& held : read_lock_table(root)) {
    if (!held.is_flock) continue;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory_, error), end; !error && it != end;
         it.increment(error)) {
      struct stat status {};
      if (::lstat(it->path().c_str(), &status) != 0) continue;
      if (status.st_ino != held.inode || status.st_dev != held.device) continue;
      out.push_back(
          {it->path().filename().string(), held.alone, held.pid, command_of(root, held.pid)});
    }
  }
  std::ranges::sort(out, {}, [](const LockHolder& holder) {
    return std::tuple(holder.what.size(), holder.what, holder.pid);
  });
  return out;
}

ir::Reservation taken(const std::vector<LockHolder>& holders) {
  ir::Reservation out;
  for (const LockHolder& holder : holders) {
    const std::optional<LockedPart> part = parse_lock_name(holder.what);
    if (!part) continue;
    const bool alone = holder.alone || part->is_queued;
    topology::CpuSet& set = part->is_llc ? (alone ? out.llcs_alone : out.llcs_shared)
                                         : (alone ? out.cpus_alone : out.cpus_shared);
    set.add(part->number);
  }
  out.llcs_shared = out.llcs_shared - out.llcs_alone;
  return out;
}

std::optional<std::string> in_the_way(const ir::Reservation& wanted,
                                      const std::vector<LockHolder>& holders) {
  for (const LockHolder& holder : holders) {
    const std::optional<LockedPart> part = parse_lock_name(holder.what);
    if (!part) continue;
    const topology::CpuSet& alone = part->is_llc ? wanted.llcs_alone : wanted.cpus_alone;
    const topology::CpuSet& shared = part->is_llc ? wanted.llcs_shared : wanted.cpus_shared;
    const bool collides = part->is_queued ? shared.contains(part->number)
                                          : alone.contains(part->number) ||
                                                (holder.alone && shared.contains(part->number));
    if (!collides) continue;
    return (part->is_llc ? "LLC " : "CPU ") + std::to_string(part->number) + ", which " +
           (holder.command.empty() ? "process" : holder.command) + " (" +
           std::to_string(holder.pid) + ") " +
           (part->is_queued ? "waits for"
            : holder.alone  ? "has to itself"
                            : "uses");
  }
  return std::nullopt;
}

}  // namespace ktstr::host
