#pragma once
/// A request to a service of AWS, signed (sign.h).

#include <string>

#include "blob/s3/sign.h"
#include "net/http_client.h"

namespace granary::blob::s3 {

struct Service {
  std::string origin;  // "https://kms.eu-west-1.amazonaws.com", no slash at the end
  std::string host;    // as the Host header says it
  std::string region;
  std::string name;  // "s3", "kms"
};

/// Adds Host, X-Amz-Date, the session token and the signature. The body is the caller's to attach.
net::Request signed_request(const Service& service, const Credentials& credentials, Time now,
                            SigningRequest signing);

}  // namespace granary::blob::s3
