// SPDX-License-Identifier: GPL-2.0-only
// Group: the workers that act together, and what they share. Init makes one right before it forks
// them and forgets it right after; they inherit it. Nothing of it is ever used by another group, so
// that a member which outlives the others does no harm.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/mapping.h"
#include "guest/slab.h"
#include "ir/work.h"

namespace ktstr::guest {

/// What a member lets the others write to or see.
struct alignas(64) Peer {
  std::atomic<std::int64_t> woken_at;  ///< When it was woken last.
  std::atomic<std::uint32_t> word;     ///< A futex word.
  std::atomic<std::int32_t> tid;       ///< Its thread; 0 until that is there.
};

/// Descriptors to wake one member by: the others write, it reads. Both are -1 if its work needs
/// none, and the same for an eventfd.
struct Channel {
  int read = -1;
  int write = -1;
};

class Group {
 public:
  /// Bytes of memory that a work type may lay out as it likes.
  static constexpr std::size_t room = 64 * 1024;

  /// The slabs of the members, in order.
  static Result<Group> make(const ir::Work& work, std::vector<Slab*> slabs);

  [[nodiscard]] std::size_t size() const { return slabs_.size(); }
  /// Between the member and init: another's may be of a worker of another group by now.
  [[nodiscard]] Slab& slab(std::size_t member) const { return *slabs_[member]; }
  [[nodiscard]] Peer& peer(std::size_t member) const { return peers()[member]; }
  [[nodiscard]] Channel channel(std::size_t member) const;

  /// The room as the one T of the group; of zeros at first, which must be a valid T.
  template <class T>
  [[nodiscard]] T& shared() const {
    static_assert(sizeof(T) <= room && alignof(T) <= alignof(Peer));
    static_assert(std::is_trivially_destructible_v<T>);
    return *reinterpret_cast<T*>(peers() + size());
  }

  /// All that its members wake each other by.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  struct Ends {
    Fd read;
    Fd write;  ///< None for an eventfd.
  };

  Group(std::vector<Slab*> slabs, Mapping memory, std::vector<Ends> channels)
      : slabs_(std::move(slabs)), memory_(std::move(memory)), channels_(std::move(channels)) {}
  [[nodiscard]] Peer* peers() const { return reinterpret_cast<Peer*>(memory_.bytes().data()); }

  std::vector<Slab*> slabs_;
  Mapping memory_;  ///< The peers, then the room.
  std::vector<Ends> channels_;
};

}  // namespace ktstr::guest
