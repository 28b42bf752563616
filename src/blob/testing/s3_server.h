#pragma once
/// A real S3 server (versitygw) for tests: found through GRANARY_VERSITYGW, on the PATH, or in $HOME/go/bin.

#include <sys/types.h>

#include <memory>
#include <string>

#include "blob/open.h"
#include "blob/testing/blob_testing.h"

namespace granary::blob {

/// With an empty bucket, on a port that is free, in a folder of its own. Ends with the object.
class S3Server {
 public:
  /// Null when there is no versitygw: said loudly, and a failure when the environment has CI=true.
  static std::shared_ptr<S3Server> start();
  ~S3Server();
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  /// Of a fresh folder prefix in the bucket; the cache is in a folder of the server's.
  S3Options options(const std::string& prefix = "");
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Where the server keeps the object: to damage it.
  std::string path_of(const std::string& key) const { return folder_.path() + "/bucket/" + key; }

 private:
  S3Server() = default;
  bool run(const std::string& program);
  TemporaryFolder folder_, work_;
  int port_ = 0;
  pid_t process_ = -1;
  int stores_ = 0;
};

}  // namespace granary::blob
