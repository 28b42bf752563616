#pragma once
/// The nouns as the API shows them. Each writes one JSON object.

#include <span>
#include <string_view>

#include "auth/auth.h"
#include "base/json.h"
#include "http/message.h"
#include "ingest/ingest.h"
#include "model/types.h"

namespace granary::api {

void write_json(JsonWriter&, const model::Source&);
/// `sources`: what the server has, to name the subscribed ones; those that are not in it are left out.
void write_json(JsonWriter&, const model::Repository&, std::span<const model::Source> sources);
void write_json(JsonWriter&, const model::FileRecord&);
void write_json(JsonWriter&, const model::Transaction&);
void write_json(JsonWriter&, const auth::TokenInfo&, Time now);
void write_json(JsonWriter&, const ingest::Changed&);

http::Response json_response(int status, JsonWriter&& json);
/// {"deleted": "<what>"}
http::Response deleted_response(std::string_view what);

}  // namespace granary::api
