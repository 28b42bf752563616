#pragma once
/// A real server as a process of its own, for tests. Ends with the object, and with the test.

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "blob/testing/blob_testing.h"

namespace granary::blob {

class ServerProcess {
 public:
  /// The program is named by the variable `named_by`, else it is `program` on the PATH or in $HOME/go/bin.
  /// Null when there is none: missing() has said so. `arguments` gets a
  /// port that is free.
  static std::unique_ptr<ServerProcess> start(
      const std::string& program, const char* named_by,
      const std::function<std::vector<std::string>(int port)>& arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  ServerProcess() = default;
  bool run(const std::string& program, const std::vector<std::string>& arguments, int port);
  TemporaryFolder work_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace granary::blob
