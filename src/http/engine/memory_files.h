#pragma once
/// Large bodies of memory as unlinked files: sendfile() hands their pages to the socket, where sendmsg()
/// would copy every byte for every client. The page cache of a disk's file system holds them in larger pieces
/// than a memfd does, which halves the CPU time of a 1 MB answer where a memfd saves a third.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"

namespace granary::http {

/// One file for one string, whichever loops ask. Safe for concurrent use.
class MemoryFiles {
 public:
  /// Below, the copy is cheaper; above, the bytes should not be kept twice.
  static constexpr std::size_t kSmallest = 256 * 1024, kLargest = 16 << 20;

  /// Null when the size is out of bounds or there is no room: send the bytes themselves then.
  /// `directory`: where the file is made; a memfd when that fails.
  std::shared_ptr<const OpenFile> of(const std::shared_ptr<const std::string>& bytes,
                                     const std::string& directory);

 private:
  struct Entry {
    std::weak_ptr<const std::string> bytes;  // an address may be used again by other bytes
    std::weak_ptr<const OpenFile> file;
  };
  std::mutex mutex_;
  std::map<const std::string*, Entry> entries_;
};

}  // namespace granary::http
