// SPDX-License-Identifier: GPL-2.0-only
#include "guest/group.h"

#include <sys/eventfd.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/overload.h"

namespace ktstr::guest {
namespace {

enum class Kind { none, pipe, event };

/// What the members of a group of this work wake each other by, besides futex words.
Kind kind_of(const ir::Work& work) {
  return std::visit(Overload{
                        [](const ir::PipeIo&) { return Kind::pipe; },
                        [](const ir::CachePipe&) { return Kind::pipe; },
                        [](const ir::WakeChain& chain) {
                          return chain.wake == ir::ChainWake::pipe ? Kind::pipe : Kind::none;
                        },
                        [](const ir::EpollStorm&) { return Kind::event; },
                        [](const auto&) { return Kind::none; },
                    },
                    work);
}

}  // namespace

Result<Group> Group::make(const ir::Work& work, std::vector<Slab*> slabs) {
  Mapping memory = TRY(Mapping::anonymous_shared({slabs.size() * sizeof(Peer) + room}));
  const Kind kind = kind_of(work);
  std::vector<Ends> channels;
  for (std::size_t i = 0; kind != Kind::none && i < slabs.size(); ++i) {
    if (kind == Kind::pipe) {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for a group of workers");
      channels.push_back({Fd(ends[0]), Fd(ends[1])});
    } else {
      Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
      if (!event) return fail_errno("make an eventfd for a group of workers");
      channels.push_back({std::move(event), Fd()});
    }
  }
  return Group(std::move(slabs), std::move(memory), std::move(channels));
}

Channel Group::channel(std::size_t member) const {
  if (channels_.empty()) return {};
  const Ends& ends = channels_[member];
  return {ends.read.get(), ends.write ? ends.write.get() : ends.read.get()};
}

std::vector<int> Group::descriptors() const {
  std::vector<int> out;
  for (const Ends& ends : channels_) {
    out.push_back(ends.read.get());
    if (ends.write) out.push_back(ends.write.get());
  }
  return out;
}

}  // namespace ktstr::guest
