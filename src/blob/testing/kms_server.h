#pragma once
/// A real KMS (moto) for tests: found through GRANARY_MOTO or on the PATH.

#include <memory>
#include <string>

#include "blob/open.h"
#include "blob/testing/server_process.h"

namespace granary::blob {

/// Ends with the object.
class KmsServer {
 public:
  /// Null when there is no moto_server: missing() has said so.
  static std::shared_ptr<KmsServer> start();

  /// A new key: its ARN.
  std::string create_key();
  /// A data key that is bound to a SHA-256, as the first version of the program asked for it.
  struct Made {
    std::string key_id, secret, encrypted;
  };
  Made data_key(const std::string& key, const std::string& sha256);
  std::string url() const { return process_->url(); }

 private:
  KmsServer() = default;
  std::string call(const std::string& action, const std::string& body);
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace granary::blob
