#pragma once
/// The access log, in the formats that log readers know: common and combined.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/file.h"
#include "http/server.h"

namespace granary::http {

/// What a line says of a request.
struct Served {
  std::string_view peer, method, target, referer, user_agent;
  bool http10 = false;
  int status = 0;
  std::uint64_t bytes = 0;  // of the body
};

/// The file. Safe for concurrent use; lines are written whole.
class AccessLog {
 public:
  using Format = ServerOptions::AccessLog;
  static Result<std::unique_ptr<AccessLog>> open(Format format, std::string path);
  /// For log rotation.
  Result<> reopen();
  void write(std::string_view lines);
  Format format() const noexcept { return format_; }

 private:
  AccessLog(Format format, std::string path) : format_(format), path_(std::move(path)) {}
  Format format_;
  std::string path_;
  std::mutex mutex_;
  UniqueFd fd_;
};

/// Appends one line. `when`: "[10/Oct/2000:13:55:36 +0000]".
void append_access_line(std::string& out, AccessLog::Format format, std::string_view when,
                        const Served& served);
std::string access_time(std::chrono::sys_seconds time);

}  // namespace granary::http
