#pragma once
/// A real S3 server (versitygw) for tests: found through GRANARY_VERSITYGW, on the PATH, or in $HOME/go/bin.

#include <memory>
#include <string>

#include "blob/open.h"
#include "blob/testing/server_process.h"

namespace granary::blob {

/// With an empty bucket, on a port that is free, in a folder of its own. Ends with the object.
class S3Server {
 public:
  /// Null when there is no versitygw: missing() has said so.
  static std::shared_ptr<S3Server> start();

  /// Of a fresh folder prefix in the bucket; the cache is in a folder of the server's.
  S3Options options(const std::string& prefix = "");
  std::string url() const { return process_->url(); }
  /// Where the server keeps the object: to damage it.
  std::string path_of(const std::string& key) const { return folder_.path() + "/bucket/" + key; }

 private:
  S3Server() = default;
  TemporaryFolder folder_, work_;
  std::unique_ptr<ServerProcess> process_;
  int stores_ = 0;
};

}  // namespace granary::blob
