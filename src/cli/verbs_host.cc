// SPDX-License-Identifier: GPL-2.0-only
// `ktstr doctor` and `ktstr locks`: this host, and who has reserved what of it.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "base/process.h"
#include "cli/accelerator.h"
#include "cli/doctor.h"
#include "cli/verbs.h"
#include "host/facts.h"
#include "host/locks.h"
#include "image/cache.h"
#include "kernel/find.h"
#include "kernel/toolchain.h"
#include "schema/print.h"
#include "vmm/qemu/monitor.h"

namespace ktstr::cli {
namespace {

constexpr int host_trouble = 3;
constexpr std::uint32_t oldest_clang = 16;  // Older ones truncate 64-bit enumerators in BPF.

/// The first line of `program --version` that has a number in it, from that number on.
std::string version_of(const std::string& program) {
  const Result<Output> output =
      run_command({.argv = {program, "--version"}, .inherit = {}, .environment = {}}, 5s, 64_KiB);
  if (!output || !output->exit.success()) return {};
  const std::string line = output->out.substr(0, output->out.find('\n'));
  const std::size_t digit = line.find_first_of("0123456789");
  return digit == std::string::npos ? line : line.substr(digit);
}

Tool examine_tool(std::string name, const std::vector<std::string>& programs, std::uint32_t oldest,
                  std::string purpose) {
  Tool out{std::move(name), {}, 0, oldest, std::move(purpose)};
  for (const std::string& program : programs) {
    const std::string version = version_of(program);
    std::uint32_t major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    if (version.empty() || (!out.version.empty() && major <= out.major)) continue;
    out.major = major;
    out.version = version + (program == out.name ? "" : " (" + program + ")");
  }
  return out;
}

std::vector<std::string> clangs() {
  std::vector<std::string> out{"clang"};
  constexpr std::uint32_t newest_looked_for = 22;
  for (std::uint32_t version = newest_looked_for; version >= oldest_clang; --version)
    out.push_back("clang-" + std::to_string(version));
  return out;
}

void examine_qemu(Examined& out) {
  const Result<std::string> cache = image::cache_home();
  const Result<std::unique_ptr<vmm::Monitor>> monitor = vmm::qemu::open_monitor(
      "qemu-system-x86_64", cache ? *cache + "/qemu-version" : std::string());
  if (monitor)
    out.qemu = (*monitor)->facts();
  else
    out.qemu_trouble = describe(monitor.error());
}

void examine_kernels(Examined& out) {
  const Result<std::string> home = kernel::default_kernels();
  const Result<kernel::Listing> listing =
      home ? kernel::list_kernels(*home) : tl::unexpected(home.error());
  if (!listing) return;
  for (const ir::KernelFacts& facts : listing->kernels) out.kernels.push_back(facts.name);
  if (const Result<ir::KernelFacts> first = kernel::default_kernel(*home))
    std::ranges::stable_partition(out.kernels,
                                  [&](const std::string& name) { return name == first->name; });
}

/// `LLC 8 alone, LLC 0 shared, CPU 0-7 shared`.
std::string summary(const std::vector<host::LockHolder>& holders) {
  std::vector<host::LockHolder> waits = holders;
  std::vector<host::LockHolder> has = holders;
  const auto is_wait = [](const host::LockHolder& each) { return each.what.ends_with(".next"); };
  std::erase_if(has, is_wait);
  std::erase_if(waits, std::not_fn(is_wait));
  const ir::Reservation held = host::taken(has);
  const std::pair<const topology::CpuSet&, std::string_view> parts[] = {
      {held.llcs_alone, "LLC {} alone"},
      {held.llcs_shared, "LLC {} shared"},
      {held.cpus_alone, "CPU {} alone"},
      {held.cpus_shared, "CPU {} shared"}};
  std::string out;
  for (const auto& [set, text] : parts)
    if (!set.empty())
      out += (out.empty() ? "" : ", ") + fmt::format(fmt::runtime(text), to_text(set));
  if (!waits.empty())
    out += (out.empty() ? "" : ", ") +
           fmt::format("waits for LLC {} alone", to_text(host::taken(waits).llcs_alone));
  return out;
}

Result<host::Locks> open_locks() {
  return host::Locks::open(TRY(host::Locks::default_directory()));
}

}  // namespace

int examine_host(const VerbArguments& arguments) {
  Examined examined;
  Result<ir::HostFacts> host = host::read_facts();
  if (!host) return complain(host.error(), host_trouble);
  examined.host = *std::move(host);
  examined.kvm = try_kvm(examined.host);
  examine_qemu(examined);
  examine_kernels(examined);
  const Result<host::Locks> locks = open_locks();
  examined.locks = locks ? locks->directory() : "";
  examined.lock_trouble = locks ? "" : describe(locks.error());
  examined.tools = {
      examine_tool("clang", clangs(), oldest_clang, "building BPF schedulers"),
      examine_tool("pahole", {"pahole"}, 0, "building kernels"),
  };
  for (const kernel::BuildNeed& need : kernel::missing_build_needs())
    if (need.name != "pahole")
      examined.tools.push_back({need.package, {}, 0, 0, "building kernels"});
  const Diagnosis diagnosis = diagnose(examined);
  if (arguments.json)
    fmt::print("{}\n", schema::print_json(schema::cref_to(diagnosis), {.indent = 2}));
  else
    fmt::print("{}", render(diagnosis));
  return diagnosis.can_run ? 0 : host_trouble;
}

int list_locks(const VerbArguments& arguments) {
  const Result<host::Locks> locks = open_locks();
  if (!locks) return complain(locks.error(), host_trouble);
  const std::vector<host::LockHolder> holders = locks->holders();
  if (arguments.json) {
    fmt::print("{}\n", schema::print_json(schema::cref_to(holders), {.indent = 2}));
    return 0;
  }
  if (holders.empty()) fmt::print("nobody has reserved anything ({})\n", locks->directory());
  std::map<pid_t, std::vector<host::LockHolder>> by_process;
  for (const host::LockHolder& holder : holders) by_process[holder.pid].push_back(holder);
  for (const auto& [pid, its] : by_process)
    fmt::print("{:>7}  {}: {}\n", pid, its.front().command, summary(its));
  return 0;
}

}  // namespace ktstr::cli
