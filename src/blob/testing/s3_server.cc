#include "blob/testing/s3_server.h"

namespace granary::blob {

std::shared_ptr<S3Server> S3Server::start() {
  std::shared_ptr<S3Server> server(new S3Server);
  std::filesystem::create_directory(server->folder_.path() + "/bucket");  // a folder of the root is a bucket
  server->process_ = ServerProcess::start("versitygw", "GRANARY_VERSITYGW", [&](int port) {
    return std::vector<std::string>{"--port",   "127.0.0.1:" + std::to_string(port),
                                    "--access", "granary",
                                    "--secret", "granary-secret",
                                    "--quiet",  "--keep-alive",
                                    "posix",    server->folder_.path()};
  });
  return server->process_ ? server : nullptr;
}

S3Options S3Server::options(const std::string& prefix) {
  S3Options options;
  options.bucket = "bucket";
  options.prefix = prefix;
  options.endpoint = url();
  options.access_key = "granary";
  options.secret_key = "granary-secret";
  options.cache_directory = work_.path() + "/cache" + std::to_string(stores_++);
  return options;
}

}  // namespace granary::blob
