#include "http/engine/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace granary::http {
namespace {

/// What a client sent may not break out of its quotes or its line.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  if (text.empty()) out += '-';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || byte < 0x20 || byte >= 0x7f) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(Format format, std::string path) {
  std::unique_ptr<AccessLog> log(new AccessLog(format, std::move(path)));
  TRY(log->reopen());
  return log;
}

Result<> AccessLog::reopen() {
  if (format_ == Format::off) return {};
  UniqueFd fresh(path_.empty() ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                               : ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!fresh) return system_error(errno, "open the access log " + (path_.empty() ? "stdout" : path_));
  const std::lock_guard lock(mutex_);
  fd_ = std::move(fresh);
  return {};
}

void AccessLog::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  // A log that cannot be written must not stop the server; the next reopen tries again.
  if (fd_) (void)write_all(fd_.get(), as_bytes(lines));
}

void append_access_line(std::string& out, AccessLog::Format format, std::string_view when,
                        const Served& served) {
  out += served.peer.empty() ? std::string_view("-") : served.peer;
  out += " - - ";
  out += when;
  out += ' ';
  std::string line;
  if (!served.method.empty()) {
    line += served.method;
    line += ' ';
    line += served.target;
    line += served.http10 ? " HTTP/1.0" : " HTTP/1.1";
  }
  append_quoted(out, line);
  out += fmt::format(" {} {}", served.status, served.bytes);
  if (format == AccessLog::Format::combined) {
    out += ' ';
    append_quoted(out, served.referer);
    out += ' ';
    append_quoted(out, served.user_agent);
  }
  out += '\n';
}

std::string access_time(std::chrono::sys_seconds time) {
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto seconds = (time - day).count();
  return fmt::format("[{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000]", static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace granary::http
