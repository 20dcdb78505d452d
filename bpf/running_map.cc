// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/running_map.h"

#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <unistd.h>

namespace ktstr::bpf {
namespace {

bool is_it(int map, const std::string& name, std::size_t size) {
  bpf_map_info info{};
  __u32 length = sizeof(info);
  return bpf_map_get_info_by_fd(map, &info, &length) == 0 && info.name == name &&
         info.value_size == size && info.max_entries == 1;
}

/// -1 if there is none.
int find_map(const std::string& name, std::size_t size) {
  int found = -1;
  __u32 id = 0;
  while (bpf_map_get_next_id(id, &id) == 0) {
    const int map = bpf_map_get_fd_by_id(id);
    if (map < 0) continue;  // It went just now.
    const bool wanted = is_it(map, name, size);
    if (const int other = wanted ? found : map; other >= 0) close(other);
    if (wanted) found = map;
  }
  return found;
}

}  // namespace

std::string write_running_map(const std::string& name, std::span<const std::byte> value) {
  const int map = find_map(name, value.size());
  if (map < 0) return "no program that runs has a map " + name;
  constexpr __u32 first = 0;
  const int error = bpf_map_update_elem(map, &first, value.data(), BPF_ANY);
  close(map);
  return error == 0 ? "" : "the map " + name + " cannot be written: " + std::strerror(-error);
}

}  // namespace ktstr::bpf
