#pragma once
/// OpenSSL's part of a listener. Connections use SSL* on their descriptor directly.

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace granary::http {

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// Certificate and settings of one listener, replaceable while connections use the old ones. Safe for
/// concurrent use.
class TlsContext {
 public:
  static Result<std::unique_ptr<TlsContext>> load(TlsOptions options);
  /// Reads the files again; on an error the old certificate stays.
  Result<> reload();
  /// Null when OpenSSL is out of memory.
  SslPtr accept(int fd) const;

 private:
  explicit TlsContext(TlsOptions options) : options_(std::move(options)) {}
  TlsOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace granary::http
