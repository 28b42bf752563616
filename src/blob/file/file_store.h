#pragma once
/// Blobs as files of a folder, which several nodes may share (NFS). Layout: blob/layout.h.

#include <string>

#include "base/log.h"
#include "blob/blob_store.h"
#include "blob/open_files.h"

namespace granary::blob {

/// Durability: data synced before the name, the folder after it. Safe for concurrent use, also between
/// processes.
class FileStore final : public BlobStore {
 public:
  /// Makes the folder when absent; removes what killed processes left in it more than a day ago.
  static Result<std::unique_ptr<FileStore>> open(std::string directory, Logger log);

  Result<std::optional<BlobInfo>> find(const Context&, const Digest&) override;
  Result<std::unique_ptr<ByteReader>> open(const Context&, const Digest&) override;
  Result<Servable> serve(const Context&, const Digest&, std::uint64_t size) override;
  Result<std::optional<DirectUrl>> presign(const Context&, const Digest&, const Presentation&) override {
    return std::optional<DirectUrl>();
  }
  Result<std::unique_ptr<Writer>> create(const Context&) override;
  Result<> remove(const Context&, const Digest&) override;
  Result<> for_each(const Context&, const std::function<Result<>(const BlobInfo&)>& each) override;
  Result<> remove_leftovers(const Context&) override;
  Result<> probe(const Context&) override;

 private:
  FileStore(std::string directory, Logger log) : directory_(std::move(directory)), log_(std::move(log)) {}
  std::string path_of(const Digest& digest) const;

  std::string directory_;
  Logger log_;
  OpenFiles open_files_{512};
};

}  // namespace granary::blob
