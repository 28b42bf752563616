#include "app/stores.h"

#include <filesystem>

#include "blob/open.h"
#include "db/open.h"

namespace granary::app {
namespace {

Context short_context(const Logger& log) {
  return {log, std::stop_token(), Context::Clock::now() + std::chrono::seconds(10)};
}

blob::S3Options s3_options(const config::Settings& s, const config::Environment& environment,
                           const StoreLinks& links) {
  blob::S3Options options;
  options.bucket = s.s3.bucket;
  options.prefix = s.s3.prefix;
  if (!s.s3.region.empty()) options.region = s.s3.region;
  options.endpoint = s.s3.endpoint;
  options.public_endpoint = s.s3.public_endpoint;
  options.direct_url_lifetime = std::chrono::duration_cast<std::chrono::seconds>(s.s3.redirect_lifetime);
  options.outage_patience = s.s3.outage_patience;
  options.path_style = s.s3.path_style;
  options.disable_ssl = s.s3.disable_ssl;
  options.skip_verification = s.s3.skip_validation;
  options.access_key = s.s3.access_key_id.value;
  options.secret_key = s.s3.secret_access_key.value;
  options.session_token = s.s3.session_token.value;
  options.profile = s.s3.profile;
  options.encryption = s.s3.encryption;
  options.encryption_key_id = s.s3.encryption_key_id;
  options.key_id = s.s3.key_id;
  options.kms_endpoint = s.s3.kms_endpoint;
  options.environment = environment;
  options.cache_directory = s.s3.cache_dir;
  options.cache_bytes = s.s3.cache_size;
  options.older_nodes_read = links.older_nodes_read;
  if (links.metrics != nullptr) {
    options.on_answer = [metrics = links.metrics](std::string_view service, std::string_view method,
                                                  int status) {
      metrics
          ->counter("granary_store_requests_total", "Answers of S3 and KMS; code 0: none at all",
                    {{"service", std::string(service)},
                     {"method", std::string(method)},
                     {"code", std::to_string(status)}})
          .add();
    };
  }
  return options;
}

}  // namespace

Result<std::unique_ptr<db::Database>> open_database(const config::Settings& s, const Logger& log) {
  if (s.database.provider == "postgres") {
    db::PostgresOptions options;
    options.url = s.postgres.url;
    options.password = s.postgres.password.value;
    options.max_open_connections = static_cast<int>(s.postgres_pool.max_open_connections);
    options.max_idle_connections = static_cast<int>(s.postgres_pool.max_idle_connections);
    options.max_connection_lifetime = s.postgres_pool.max_connection_lifetime;
    options.max_connection_idle_time = s.postgres_pool.max_connection_idle_time;
    options.connection_timeout = s.database.connection_timeout;
    options.outage_patience = s.postgres.outage_patience;
    return db::open_postgres(options, log.component("db"));
  }
  return db::open_sqlite({.path = s.sqlite.dir + "/granary.db"}, log.component("db"));
}

Result<std::unique_ptr<blob::BlobStore>> open_blobs(const config::Settings& s,
                                                    const config::Environment& environment, const Logger& log,
                                                    const StoreLinks& links) {
  if (s.storage.fallback != "s3")
    return blob::open_file_store(s.file_storage.location, log.component("blob"));
  return blob::open_s3_store(s3_options(s, environment, links), log.component("blob"));
}

Result<std::shared_ptr<blob::Derived>> open_derived(const config::Settings& s,
                                                    const config::Environment& environment,
                                                    const StoreLinks& links) {
  if (s.storage.fallback != "s3") return blob::open_file_derived(s.file_storage.location);
  return blob::open_s3_derived(s3_options(s, environment, links));
}

Result<std::string> probe_database(const config::Settings& s) {
  const Logger silent;
  if (s.database.provider != "postgres" && !std::filesystem::exists(s.sqlite.dir + "/granary.db"))
    return "sqlite, to be created in " + s.sqlite.dir;
  const auto database = TRY(open_database(s, silent));
  TRY(database->read(short_context(silent), [](db::Session& session) {
    return session.query("SELECT 1", {}, [](const db::Row&) { return Result<>(); });
  }));
  return s.database.provider;
}

Result<std::string> probe_blobs(const config::Settings& s, const config::Environment& environment) {
  const Logger silent;
  if (s.storage.fallback != "s3" && !std::filesystem::exists(s.file_storage.location))
    return "a folder, to be created: " + s.file_storage.location;
  const auto store = TRY(open_blobs(s, environment, silent));
  TRY(store->probe(short_context(silent)));
  if (s.storage.fallback != "s3") return "folder " + s.file_storage.location;
  const auto credentials = TRY(blob::describe_credentials(s3_options(s, environment, {})));
  return "bucket " + s.s3.bucket + ", credentials of " + credentials +
         (s.s3.key_id.empty() ? "" : ", encrypted here with the key " + s.s3.key_id);
}

}  // namespace granary::app
