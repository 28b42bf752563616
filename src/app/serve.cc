#include "app/serve.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "app/node.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/file.h"
#include "config/secrets.h"

namespace granary::app {
namespace {

struct Read {
  config::Report report;        // secrets are decrypted
  std::string key_fingerprint;  // empty: no key
};

Result<Read> read_settings(const std::string& path, const config::Environment& environment) {
  const std::string text = path.empty() ? std::string() : TRY(read_file(path, 1 << 20));
  Read read;
  read.report = TRY(config::load(text, path, environment));
  const auto key = TRY(config::find_key(read.report.settings, environment));
  TRY(config::decrypt_secrets(read.report.settings, key));
  if (key) read.key_fingerprint = key->fingerprint();
  return read;
}

/// A connection is a descriptor, and so is each file being sent.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<> serve(const cli::ServeOptions& options, const config::Environment& environment) {
  ::mallopt(M_ARENA_MAX, 2);  // glibc's default of eight per core keeps freed memory in each
  ::umask(0027);
  raise_file_limit();
  const Signals signals;  // before the first thread

  const auto& path = options.config_path;
  const auto read = TRY(read_settings(path, environment));
  const auto& s = read.report.settings;
  const auto format = s.logging.format == "json" ? LogFormat::json : LogFormat::text;
  const auto sink = TRY(LogSink::open(s.logging.system_log, format, TRY(parse_log_level(s.logging.level))));
  const Logger log(sink, "app");
  log.info("granary starts", {{"version", std::string(kVersion)},
                              {"config", path.empty() ? "defaults" : path},
                              {"database", s.database.provider},
                              {"storage", s.storage.fallback},
                              {"data", s.server.data_dir},
                              {"key", read.key_fingerprint.empty() ? "none" : read.key_fingerprint}});
  for (const auto& warning : read.report.warnings) log.warn(warning);

  auto node =
      Node::start(s, environment, {read.key_fingerprint, options.accept_key, options.read_only, path}, sink);
  if (!node) {
    log.failed("failed to start", node.error());
    return tl::unexpected(node.error());
  }
  log.info("ready");
  for (;;) {
    if (signals.wait() == Signal::stop) break;
    const auto again = read_settings(path, environment);
    if (again) {
      (*node)->reload(again->report.settings);
    } else {
      log.failed("cannot read the settings again, going on with the old ones", again.error());
    }
  }
  if (const auto delay = s.limits.drain_delay; delay.count() > 0) {
    log.info("stopping: /__ping__ fails now, going on until Limits.DrainDelay is over");
    (*node)->leave();
    const auto end = Context::Clock::now() + delay;
    for (auto left = delay; left.count() > 0;
         left = std::chrono::ceil<std::chrono::milliseconds>(end - Context::Clock::now())) {
      if (signals.wait(left) == Signal::stop) break;
    }
  }
  log.info("stopping: finishing what has begun");
  (*node)->drain();
  node->reset();
  log.info("stopped");
  return {};
}

}  // namespace granary::app
