// SPDX-License-Identifier: GPL-2.0-only
#include "cli/files.h"

#include <filesystem>
#include <map>

#include "base/fd.h"

namespace ktstr::cli {
namespace {

namespace fs = std::filesystem;

constexpr Bytes largest_file = 64_MiB;
constexpr Bytes largest_sum = 512_MiB;

class Packer {
 public:
  Status pack(PlannedCase& planned) {
    const std::vector<ir::FileSpec>& wanted = planned.origin->scenario.files;
    std::vector<ir::GuestFile>& files = planned.planned.program.files;
    for (std::size_t i = 0; i < files.size() && i < wanted.size(); ++i)
      files[i].packed =
          TRY(packed(wanted[i], planned.origin->map.find("files[" + std::to_string(i) + "].from")));
    return {};
  }

  std::vector<image::Entry> take() { return std::move(entries_); }

 private:
  /// The same content is packed once, whoever wants it where.
  Result<std::string> packed(const ir::FileSpec& wanted, const Place& place) {
    if (wanted.text) {
      const auto [known, is_new] = texts_.try_emplace(*wanted.text);
      const ByteView bytes = as_bytes(*wanted.text);
      if (is_new) known->second = TRY(add(Buffer(bytes.begin(), bytes.end())));
      return known->second;
    }
    const fs::path beside = place.source ? fs::path(place.source->name).parent_path() : fs::path();
    const std::string path = (beside / wanted.from.value_or("")).lexically_normal().string();
    if (const auto known = paths_.find(path); known != paths_.end()) return known->second;
    Result<Buffer> content = read_file(path, largest_file);
    if (!content) return fail_within(to_text(place), std::move(content).error());
    return paths_[path] = TRY(add(*std::move(content)));
  }

  Result<std::string> add(Buffer content) {
    sum_ += content.size();
    if (sum_ > largest_sum.count)
      return fail("the files of all scenarios together are larger than 512 MiB");
    const std::string path = "scenario/" + std::to_string(entries_.size());
    entries_.push_back({path, image::File{std::move(content)}, 0644});
    return "/" + path;
  }

  std::map<std::string, std::string> paths_{};  ///< The path in the guest of each of the host.
  std::map<std::string, std::string> texts_{};  ///< And of what is written out.
  std::vector<image::Entry> entries_{};
  std::uint64_t sum_ = 0;
};

}  // namespace

Result<std::vector<image::Entry>> pack_files(std::vector<PlannedCase>& cases) {
  Packer packer;
  for (PlannedCase& planned : cases)
    if (!planned.planned.skip) TRY(packer.pack(planned));
  return packer.take();
}

}  // namespace ktstr::cli
