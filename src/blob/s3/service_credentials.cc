#include "blob/s3/service_credentials.h"

#include "base/json.h"
#include "blob/s3/xml.h"

namespace granary::blob::s3 {

Result<Credentials> parse_service_credentials(std::string_view json, std::string_view from) {
  const auto document = Json::parse(json);
  const auto text = [&](std::string_view name) {
    return std::string(document ? (*document)[name].string().value_or("") : "");
  };
  Credentials found{text("AccessKeyId"), text("SecretAccessKey"), text("Token")};
  found.expires = parse_iso8601(text("Expiration"));
  if (found.access_key.empty() || found.secret_key.empty() || (!text("Expiration").empty() && !found.expires))
    return fail(Errc::corrupt, "the answer of " + std::string(from) + " holds no credentials",
                "check that a role is attached, and the variables AWS_*");
  return found;
}

net::ClientOptions next_door() {
  net::ClientOptions options;
  options.connect_timeout = std::chrono::seconds(1);
  options.idle_timeout = std::chrono::seconds(5);
  options.use_proxy = false;
  options.idle_connections = 1;
  return options;
}

}  // namespace granary::blob::s3
