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
    for (std::size_t i = 0; i < files.size() && i < wanted.size(); ++i) {
      const Packed file =
          TRY(packed(wanted[i], planned.origin->map.find("files[" + std::to_string(i) + "].from")));
      files[i].packed = file.path;
      planned.bundles.insert(file.bundle);
    }
    return {};
  }

 private:
  /// The same content is packed once, whoever wants it where.
  Result<Packed> packed(const ir::FileSpec& wanted, const Place& place) {
    if (wanted.text) {
      const auto known = texts_.find(*wanted.text);
      if (known != texts_.end()) return known->second;
      const ByteView bytes = as_bytes(*wanted.text);
      return texts_[*wanted.text] = TRY(pack(Buffer(bytes.begin(), bytes.end())));
    }
    const fs::path beside = place.source ? fs::path(place.source->name).parent_path() : fs::path();
    const std::string path = (beside / wanted.from.value_or("")).lexically_normal().string();
    if (const auto known = paths_.find(path); known != paths_.end()) return known->second;
    Result<Buffer> content = read_file(path, largest_file);
    if (!content) return fail_within(to_text(place), std::move(content).error());
    return paths_[path] = TRY(pack(*std::move(content)));
  }

  Result<Packed> pack(Buffer content) {
    sum_ += content.size();
    if (sum_ > largest_sum.count)
      return fail("the files of all scenarios together are larger than 512 MiB");
    const std::string path = "scenario/" + guest_name(as_text(content));
    std::vector<image::Entry> entries{{path, image::File{std::move(content)}, 0644}};
    return Packed{"/" + path, bundle_of(std::move(entries))};
  }

  std::map<std::string, Packed> paths_{};  ///< By the path of the host.
  std::map<std::string, Packed> texts_{};  ///< By what is written out.
  std::uint64_t sum_ = 0;
};

}  // namespace

Status pack_files(std::vector<PlannedCase>& cases) {
  Packer packer;
  for (PlannedCase& planned : cases)
    if (!planned.planned.skip) TRY(packer.pack(planned));
  return {};
}

}  // namespace ktstr::cli
