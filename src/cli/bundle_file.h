#pragma once
/// A bundle on disk (docs/adr/0021-bundles.md): a tar of manifest.json, the files, and the lines that say
/// what they are.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"

namespace granary::cli {

struct BundleManifest {
  static constexpr std::int64_t kFormat = 1;
  struct Source {
    std::string name, type, description;
  };
  std::string version;  // of the program that made it
  std::vector<Source> sources;
  std::uint64_t packages = 0, files = 0, bytes = 0;
  std::uint64_t lines_at = 0, lines_size = 0;  // the member records.jsonl
  std::string lines_sha256;
  std::uint64_t size = 0;  // of the bundle
};

/// Writes PATH.partial, which becomes PATH when all of it is durable: a kill leaves a partial file, which the
/// next one begins anew. One thread.
class BundleWriter {
 public:
  /// Errc::conflict when PATH is there.
  static Result<std::unique_ptr<BundleWriter>> create(const std::string& path);
  /// A member whose size is known when its bytes came: begin_member(), write(), end_member().
  Result<> begin_member();
  Result<> write(ByteSpan bytes);
  Result<> end_member(const std::string& path);
  std::uint64_t member_at() const noexcept { return begun_; }
  std::uint64_t member_size() const noexcept { return at_ - begun_ - 512; }
  /// `manifest` but for `size`.
  Result<> finish(BundleManifest manifest);

 private:
  BundleWriter(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<> write_at(std::uint64_t at, std::string_view bytes);
  std::string path_;
  UniqueFd fd_;
  std::uint64_t at_ = 0, begun_ = 0;
};

/// Of a bundle that was opened. Errc::corrupt for what is none, is cut off, or is of a later version; the
/// lines are checked against their hash.
Result<BundleManifest> read_manifest(const std::string& path, const ByteSource& bundle);
/// Where the bytes of a file are. Errc::corrupt, naming the file, when they are not where its line says.
Result<std::uint64_t> find_in_bundle(const ByteSource& bundle, std::uint64_t at, const std::string& sha256,
                                     std::uint64_t size, const std::string& filename);

}  // namespace granary::cli
