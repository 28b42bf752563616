#pragma once
/// The most recently sent files, kept open. Safe for concurrent use.

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/bytes.h"
#include "base/file.h"

namespace granary::blob {

class OpenFiles {
 public:
  explicit OpenFiles(std::size_t limit) : limit_(limit) {}

  /// Opens `path` unless its file is open already and still has a name. not_found when there is none.
  Result<std::shared_ptr<const OpenFile>> get(const Digest& digest, const std::string& path);
  void forget(const Digest& digest);
  std::size_t count() const;

 private:
  struct Entry {
    Digest digest;
    std::shared_ptr<const OpenFile> file;
  };
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::list<Entry> recent_;  // the last used first
  std::unordered_map<Digest, std::list<Entry>::iterator> entries_;
};

}  // namespace granary::blob
