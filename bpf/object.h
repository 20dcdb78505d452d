// SPDX-License-Identifier: GPL-2.0-only
// A BPF object that holds a sched_ext scheduler: open, change, load, attach. libbpf itself writes
// to stderr what goes wrong, a refused program's log between its own markers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

struct bpf_object;
struct bpf_link;
struct bpf_map;

namespace ktstr::bpf {

class Object {
 public:
  /// Empty (false) where libbpf cannot open it. The name goes into those of its unnamed maps.
  Object(const char* name, std::span<const std::byte> file);
  explicit operator bool() const { return object_ != nullptr; }

  /// A variable of the BPF side: `section` is the map that holds it, such as ".rodata" (to be
  /// written before load, never after). Null if there is none of this name and size.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  T* variable(const char* section, const char* name) {
    return static_cast<T*>(find_variable(section, name, sizeof(T)));
  }

  /// Members of the sched_ext_ops, before load. False if there is no such member or program.
  bool or_flags(std::uint64_t flags);
  bool set_timeout_ms(std::uint32_t value);
  bool set_callback(const char* member, const char* program);

  /// 0 or -errno.
  int load();
  int attach();
  /// The kernel has unloaded the scheduler when this returns.
  void detach();

  /// Adds up a per-CPU map of one element that is made of 64-bit counters. False if it cannot.
  bool sum_counters(const char* map, std::span<std::uint64_t> sums) const;

 private:
  struct CloseObject {
    void operator()(bpf_object* object) const;
  };
  struct CloseLink {
    void operator()(bpf_link* link) const;
  };
  void* find_variable(const char* section, const char* name, std::size_t size);
  void* find_member(const char* name, std::size_t size);

  std::unique_ptr<bpf_object, CloseObject> object_;
  std::unique_ptr<bpf_link, CloseLink> link_;
};

}  // namespace ktstr::bpf
