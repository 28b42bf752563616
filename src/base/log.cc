#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <filesystem>
#include <mutex>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"

namespace granary {
namespace {

std::string_view label(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      return "off";
  }
  return "info";
}

/// Values with spaces, quotes or control characters are quoted, so that a line stays a line.
void append_text_value(std::string& out, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos &&
                     std::all_of(value.begin(), value.end(), [](unsigned char c) { return c >= 0x20; });
  if (plain) {
    out += value;
  } else {
    append_json_string(out, value);
  }
}

class SpdSink final : public LogSink {
 public:
  SpdSink(LogFormat format, LogLevel level) : format_(format), level_(level) {}

  Result<> add(std::string_view target) {
    const std::string name(trim(target));
    try {
      if (equals_ignore_case(name, "STDOUT")) {
        add_sink(std::make_shared<spdlog::sinks::stdout_sink_mt>());
      } else if (equals_ignore_case(name, "STDERR")) {
        add_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
      } else {
        files_.push_back(name);
        open_file(name);
      }
    } catch (const std::exception& e) {
      return fail(Errc::invalid_argument, "cannot open the log '" + name + "': " + e.what(),
                  "set Logging.SystemLog to STDOUT, STDERR or a path that can be written");
    }
    return {};
  }

  void set_level(LogLevel level) noexcept override { level_ = level; }
  LogLevel level() const noexcept override { return level_; }

  void reopen() override {
    const std::lock_guard lock(mutex_);
    std::erase_if(sinks_, [](const auto& sink) {
      return dynamic_cast<spdlog::sinks::basic_file_sink_mt*>(sink.get()) != nullptr;
    });
    for (const auto& name : files_) {
      try {
        open_file(name);
      } catch (const std::exception&) {
        // The other targets still take the line; a missing log must not stop the server.
      }
    }
  }

  void write(LogLevel level, std::string_view component, std::string_view message,
             const std::vector<std::pair<std::string, std::string>>& common,
             std::initializer_list<LogField> fields) override {
    const std::string line = format_ == LogFormat::json ? json(level, component, message, common, fields)
                                                        : text(level, component, message, common, fields);
    const spdlog::details::log_msg record(spdlog::string_view_t(), spdlog::level::info, line);
    const std::lock_guard lock(mutex_);
    for (const auto& sink : sinks_) {
      sink->log(record);
      sink->flush();
    }
  }

 private:
  void open_file(const std::string& name) {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(name);
    std::filesystem::permissions(name,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    add_sink(std::move(sink));
  }

  /// Lines are complete: spdlog adds nothing.
  void add_sink(spdlog::sink_ptr sink) {
    sink->set_pattern("%v");
    sinks_.push_back(std::move(sink));
  }

  static std::string text(LogLevel level, std::string_view component, std::string_view message,
                          const std::vector<std::pair<std::string, std::string>>& common,
                          std::initializer_list<LogField> fields) {
    std::string out = rfc3339(SystemClock().now());
    out += ' ';
    out += label(level);
    if (!component.empty()) {
      out += " [";
      out += component;
      out += ']';
    }
    out += ' ';
    out += message;
    const auto add = [&out](std::string_view key, std::string_view value) {
      out += ' ';
      out += key;
      out += '=';
      append_text_value(out, value);
    };
    for (const auto& [key, value] : common) add(key, value);
    for (const auto& field : fields) add(field.key, field.value);
    return out;
  }

  static std::string json(LogLevel level, std::string_view component, std::string_view message,
                          const std::vector<std::pair<std::string, std::string>>& common,
                          std::initializer_list<LogField> fields) {
    JsonWriter w;
    w.begin_object();
    w.member("time", rfc3339(SystemClock().now()));
    w.member("level", label(level));
    w.member("component", component);
    w.member("message", message);
    for (const auto& [key, value] : common) w.member(key, value);
    for (const auto& field : fields) w.member(field.key, field.value);
    w.end_object();
    return std::move(w).take();
  }

  LogFormat format_;
  std::atomic<LogLevel> level_;
  std::mutex mutex_;
  std::vector<spdlog::sink_ptr> sinks_;
  std::vector<std::string> files_;
};

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
    if (equals_ignore_case(text, label(level))) return level;
  }
  if (equals_ignore_case(text, "trace")) return LogLevel::debug;
  if (equals_ignore_case(text, "warning")) return LogLevel::warn;
  return fail(Errc::invalid_argument, "unknown log level '" + std::string(text) + "'",
              "use DEBUG, INFO, WARN, ERROR or OFF");
}

Result<std::shared_ptr<LogSink>> LogSink::open(std::string_view targets, LogFormat format, LogLevel level) {
  auto sink = std::make_shared<SpdSink>(format, level);
  for (const auto target : split(targets, ',')) {
    if (!trim(target).empty()) TRY(sink->add(target));
  }
  return std::shared_ptr<LogSink>(std::move(sink));
}

void Logger::failed(std::string_view what, const Error& error) const {
  std::string notes;
  for (const auto& note : error.notes()) {
    if (!notes.empty()) notes += "; ";
    notes += note;
  }
  const char* slash = std::strrchr(error.file(), '/');
  this->error(what,
              {{"error", error.message()},
               {"hint", error.hint()},
               {"code", std::string(name_of(error.code()))},
               {"notes", notes},
               {"at", std::string(slash ? slash + 1 : error.file()) + ":" + std::to_string(error.line())}});
}

}  // namespace granary
