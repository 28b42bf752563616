#pragma once
/// Structured logging: one line per event, text or JSON, with fields. Messages are lower case, no full stop.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace granary {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
enum class LogFormat : std::uint8_t { text, json };

Result<LogLevel> parse_log_level(std::string_view text);

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where lines go. Safe for concurrent use; a line is written whole.
class LogSink {
 public:
  /// `targets`: comma separated, "STDOUT", "STDERR" or file paths (created 0600).
  static Result<std::shared_ptr<LogSink>> open(std::string_view targets, LogFormat format, LogLevel level);
  virtual ~LogSink() = default;
  virtual void set_level(LogLevel level) noexcept = 0;
  virtual LogLevel level() const noexcept = 0;
  /// For log rotation (SIGHUP).
  virtual void reopen() = 0;
  virtual void write(LogLevel level, std::string_view component, std::string_view message,
                     const std::vector<std::pair<std::string, std::string>>& common,
                     std::initializer_list<LogField> fields) = 0;
};

/// Copies are cheap. A default-made one is silent.
class Logger {
 public:
  Logger() = default;
  Logger(std::shared_ptr<LogSink> sink, std::string component)
      : sink_(std::move(sink)), component_(std::move(component)) {}

  Logger component(std::string name) const {
    Logger child = *this;
    child.component_ = std::move(name);
    return child;
  }
  /// A field on every line, such as the request id.
  Logger with(std::string key, std::string value) const {
    Logger child = *this;
    child.common_.emplace_back(std::move(key), std::move(value));
    return child;
  }

  void debug(std::string_view m, std::initializer_list<LogField> f = {}) const { log(LogLevel::debug, m, f); }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) const { log(LogLevel::info, m, f); }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) const { log(LogLevel::warn, m, f); }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) const { log(LogLevel::error, m, f); }
  /// The error with its hint, notes and place: the only way operators see them.
  void failed(std::string_view what, const Error& error) const;

 private:
  void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) const {
    if (sink_ && level >= sink_->level()) sink_->write(level, component_, message, common_, fields);
  }

  std::shared_ptr<LogSink> sink_;
  std::string component_;
  std::vector<std::pair<std::string, std::string>> common_;
};

}  // namespace granary
