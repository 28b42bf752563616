#include "app/building.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "config/secrets.h"
#include "net/url.h"

namespace granary::app {
namespace {

/// Publishing is a neighbour of building: both are wired here.
class IngestPublisher final : public build::Publisher {
 public:
  IngestPublisher(std::shared_ptr<ingest::Ingest> ingest, std::shared_ptr<catalog::Catalog> catalog)
      : ingest_(std::move(ingest)), catalog_(std::move(catalog)) {}

  Result<build::Publicised> publish(const Context& ctx, const build::Publication& one) override {
    const auto bytes = TRY(FileSource::open(one.path));
    ingest::Upload upload;
    upload.filename = one.filename;
    upload.bytes = bytes.get();
    ingest::Publish how;
    how.replace = one.replace;
    how.dry_run = one.dry_run;
    how.actor = one.actor;
    how.comment = one.comment;
    how.built = true;
    how.keep = one.keep;
    const auto done = TRY(ingest_->publish(ctx, std::to_string(one.source.value), upload, how));
    for (const auto& warning : done.warnings) ctx.log().warn(warning);
    return build::Publicised{done.file.package, done.file.version, done.file.added_in.value, done.already};
  }

  Result<model::Source> source(const Context& ctx, model::SourceId id) override {
    std::optional<model::Source> found;
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      found = TRY(view.find_source(std::to_string(id.value)));
      return {};
    }));
    if (found) return *std::move(found);
    return fail(Errc::not_found, "the source of the builder was deleted", "make it again");
  }

 private:
  std::shared_ptr<ingest::Ingest> ingest_;
  std::shared_ptr<catalog::Catalog> catalog_;
};

bool is_stream(std::string_view log) {
  return equals_ignore_case(log, "STDOUT") || equals_ignore_case(log, "STDERR");
}

/// Everything of the server that lies in a file; absolute.
std::vector<std::string> private_paths(const config::Settings& settings, const std::string& config_path) {
  const auto& s = settings;
  std::vector<std::string> all = {s.server.data_dir,
                                  s.server.sock_file_dir,
                                  s.server.encryption_key_path,
                                  s.sqlite.dir,
                                  s.file_storage.location,
                                  s.s3.cache_dir,
                                  s.https.certificate,
                                  s.https.key,
                                  s.server.access_log,
                                  config_path};
  for (const auto log : split(s.logging.system_log, ',')) all.emplace_back(trim(log));
  std::erase_if(all, [](const std::string& path) { return path.empty() || is_stream(path); });
  for (auto& path : all) {
    std::error_code error;
    if (auto absolute = std::filesystem::absolute(path, error); !error) path = absolute.string();
  }
  return all;
}

/// Absolute; empty when no folder of PATH has it.
std::string find_program(const config::Environment& environment, const std::string& name) {
  const auto path = environment.find("PATH");
  if (path == environment.end()) return {};
  for (const auto folder : split(path->second, ':')) {
    auto file = std::string(folder) + "/" + name;
    if (folder.starts_with('/') && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace

Result<build::Parts> make_building(const config::Settings& settings, const config::Environment& environment,
                                   const BuildingLinks& links) {
  const auto retries = std::clamp<std::int64_t>(settings.git.build_retries, 0, 100);
  build::Parts parts;
  parts.builders = std::make_shared<build::Builders>(links.database, links.clock, retries);
  parts.builds = std::make_shared<build::Builds>(links.database, links.clock);
  parts.credentials = std::make_shared<build::Credentials>(links.database, links.clock,
                                                           TRY(config::find_key(settings, environment)));
  parts.publisher = std::make_shared<IngestPublisher>(links.ingest, links.catalog);
  parts.sandbox.bubblewrap = find_program(environment, "bwrap");
  parts.sandbox.allow_unsandboxed = settings.git.allow_unsandboxed_builds;
  parts.sandbox.hidden = private_paths(settings, links.config_path);
  parts.git.known_hosts = settings.server.data_dir + "/known_hosts";
  const auto& proxy = settings.proxy;
  parts.git.proxy = net::with_credentials(proxy.url, proxy.user, proxy.password.value);
  parts.tools = {.r = settings.server.r_version,
                 .python = settings.server.python_version,
                 .home = {},
                 .python_index = settings.git.python_index_url};
  if (const auto home = environment.find("HOME"); home != environment.end()) parts.tools.home = home->second;
  parts.folder = settings.server.data_dir + "/builds";
  parts.metrics = links.metrics;
  return parts;
}

}  // namespace granary::app
