#include "api/admin_json.h"

#include <algorithm>

#include "base/time_text.h"
#include "net/url.h"

namespace granary::api {

void write_json(JsonWriter& json, const model::Source& source) {
  json.begin_object();
  json.member("id", source.id.value);
  json.member("name", source.name);
  json.member("type", name_of(source.type));
  json.member("description", source.description);
  json.member("created", rfc3339(source.created_at));
  json.member("last_transaction", source.last_tx.value);
  if (model::is_mirror(source.type)) {  // never the password
    json.member("url", source.upstream.url);
    json.member("proxy", net::printable_url(source.upstream.proxy));
    json.member("ca_file", source.upstream.ca_file);
    json.member("user", source.upstream.user);
  }
  if (source.frozen_at) {
    json.member("snapshot", day_text(*source.frozen_at));
    json.member("of", source.frozen_of.value);
  }
  json.end_object();
}

void write_json(JsonWriter& json, const model::Repository& repository,
                std::span<const model::Source> sources) {
  json.begin_object();
  json.member("id", repository.id.value);
  json.member("name", repository.name);
  json.member("type", name_of(repository.type));
  json.member("description", repository.description);
  json.member("auth", repository.authenticated);
  json.member("downloads", name_of(repository.downloads));
  json.member("created", rfc3339(repository.created_at));
  json.key("sources");
  json.begin_array();
  for (const auto id : repository.sources) {
    const auto found =
        std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s.id == id; });
    if (found != sources.end()) json.value(found->name);
  }
  json.end_array();
  json.end_object();
}

void write_json(JsonWriter& json, const model::FileRecord& file) {
  json.begin_object();
  json.member("name", file.name);
  json.member("version", file.version);
  json.member("filename", file.filename);
  json.member("kind", name_of(file.kind));
  json.member("size", file.size);
  json.member("sha256", file.blob.hex());
  json.member("md5", file.md5);
  json.member("uploaded", rfc3339(file.uploaded_at));
  json.member("archived", file.archived);
  json.member("yanked", file.yanked.has_value());
  if (file.yanked && !file.yanked->empty()) json.member("yanked_reason", *file.yanked);
  json.member("transaction", file.added_in.value);
  json.end_object();
}

void write_json(JsonWriter& json, const model::Transaction& transaction) {
  json.begin_object();
  json.member("id", transaction.number.value);
  json.member("source_id", transaction.source.value);
  json.member("published_to", rfc3339(transaction.at));
  json.member("completed", true);
  json.member("kind", name_of(transaction.kind));
  json.member("actor", transaction.actor);
  json.member("comment", transaction.comment);
  json.member("packages", transaction.packages);
  json.end_object();
}

void write_json(JsonWriter& json, const auth::TokenInfo& token, Time now) {
  json.begin_object();
  json.member("guid", token.id);
  json.member("description", token.description);
  json.member("user", token.user);
  json.member("scopes", to_text(token.scopes));
  json.member("created", rfc3339(token.created_at));
  json.key("expires");
  token.expires_at ? json.value(rfc3339(*token.expires_at)) : json.null();
  json.key("revoked");
  token.revoked_at ? json.value(rfc3339(*token.revoked_at)) : json.null();
  const bool expired = token.expires_at && *token.expires_at <= now;
  json.member("status", token.revoked_at ? "revoked" : expired ? "expired" : "valid");
  json.end_object();
}

void write_json(JsonWriter& json, const ingest::Changed& changed) {
  json.begin_object();
  json.member("transaction", changed.transaction.value);
  json.key("files");
  json.begin_array();
  for (const auto& file : changed.files) json.value(file);
  json.end_array();
  json.end_object();
}

http::Response json_response(int status, JsonWriter&& json) {
  auto response = http::bytes_response(status, "application/json", std::move(json).take() + "\n");
  response.with("Cache-Control", "no-store");
  return response;
}

http::Response deleted_response(std::string_view what) {
  JsonWriter json;
  json.begin_object();
  json.member("deleted", what);
  json.end_object();
  return json_response(200, std::move(json));
}

}  // namespace granary::api
