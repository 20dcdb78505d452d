// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/object.h"

#include <cerrno>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

namespace ktstr::bpf {
namespace {

constexpr const char* ops_map = "scheduler";

}  // namespace

void Object::CloseObject::operator()(bpf_object* object) const {
  bpf_object__close(object);
}
void Object::CloseLink::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

Object::Object(const char* name, std::span<const std::byte> file) {
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = name;
  object_.reset(bpf_object__open_mem(file.data(), file.size(), &options));
}

void* Object::find_variable(const char* section, const char* name, std::size_t size) {
  const btf* types = bpf_object__btf(object_.get());
  const bpf_map* map = bpf_object__find_map_by_name(object_.get(), section);
  const int id = btf__find_by_name_kind(types, section, BTF_KIND_DATASEC);
  std::size_t held = 0;
  void* data = map ? bpf_map__initial_value(map, &held) : nullptr;
  if (!data || id < 0) return nullptr;
  const btf_type* type = btf__type_by_id(types, static_cast<__u32>(id));
  const btf_var_secinfo* info = btf_var_secinfos(type);
  for (unsigned i = 0; i < btf_vlen(type); ++i, ++info) {
    const btf_type* variable = btf__type_by_id(types, info->type);
    if (std::string_view(btf__name_by_offset(types, variable->name_off)) == name &&
        info->size == size && info->offset + size <= held)
      return static_cast<std::byte*>(data) + info->offset;
  }
  return nullptr;
}

void* Object::find_member(const char* name, std::size_t size) {
  const btf* types = bpf_object__btf(object_.get());
  const bpf_map* map = bpf_object__find_map_by_name(object_.get(), ops_map);
  const int id = btf__find_by_name_kind(types, "sched_ext_ops", BTF_KIND_STRUCT);
  void* data = map ? bpf_map__initial_value(map, nullptr) : nullptr;
  if (!data || id < 0) return nullptr;
  const btf_type* type = btf__type_by_id(types, static_cast<__u32>(id));
  const btf_member* member = btf_members(type);
  for (unsigned i = 0; i < btf_vlen(type); ++i, ++member)
    if (std::string_view(btf__name_by_offset(types, member->name_off)) == name &&
        btf__resolve_size(types, member->type) == static_cast<__s64>(size))
      return static_cast<std::byte*>(data) + member->offset / 8;
  return nullptr;
}

bool Object::or_flags(std::uint64_t flags) {
  auto* member = static_cast<std::uint64_t*>(find_member("flags", sizeof(flags)));
  if (member) *member |= flags;
  return member;
}

bool Object::set_timeout_ms(std::uint32_t value) {
  auto* member = static_cast<std::uint32_t*>(find_member("timeout_ms", sizeof(value)));
  if (member) *member = value;
  return member;
}

bool Object::set_callback(const char* member, const char* program) {
  auto* slot = static_cast<bpf_program**>(find_member(member, sizeof(bpf_program*)));
  bpf_program* found = bpf_object__find_program_by_name(object_.get(), program);
  if (slot && found) *slot = found;
  return slot && found;
}

int Object::load() {
  return bpf_object__load(object_.get());
}

int Object::attach() {
  link_.reset(bpf_map__attach_struct_ops(bpf_object__find_map_by_name(object_.get(), ops_map)));
  return link_ ? 0 : -errno;
}

void Object::detach() {
  link_.reset();
}

bool Object::sum_counters(const char* map_name, std::span<std::uint64_t> sums) const {
  const int cpus = libbpf_num_possible_cpus();
  const bpf_map* map = bpf_object__find_map_by_name(object_.get(), map_name);
  if (!map || cpus <= 0 || bpf_map__value_size(map) != sums.size_bytes()) return false;
  std::vector<std::uint64_t> values(sums.size() * static_cast<std::size_t>(cpus));
  const std::uint32_t key = 0;
  if (bpf_map__lookup_elem(map, &key, sizeof(key), values.data(), values.size() * 8, 0) != 0)
    return false;
  for (std::size_t i = 0; i < values.size(); ++i) sums[i % sums.size()] += values[i];
  return true;
}

}  // namespace ktstr::bpf
