#include "blob/s3/signed_request.h"

namespace granary::blob::s3 {

net::Request signed_request(const Service& service, const Credentials& credentials, Time now,
                            SigningRequest signing) {
  signing.headers.emplace_back("Host", service.host);
  signing.headers.emplace_back("X-Amz-Date", amz_date(now));
  if (!credentials.session_token.empty())
    signing.headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  net::Request request{.method = signing.method, .url = service.origin + signing.path};
  if (!signing.query.empty()) request.url += "?" + canonical_query(signing.query);
  for (const auto& [name, value] : signing.headers) request.headers.push_back({name, value});
  request.headers.push_back(
      {"Authorization", authorization(credentials, service.region, service.name, now, signing)});
  return request;
}

}  // namespace granary::blob::s3
