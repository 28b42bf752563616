#pragma once
/// Where a bucket is reached. Pure.

#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/open.h"

namespace granary::blob::s3 {

struct Endpoint {
  std::string origin;  // "https://bucket.s3.eu-west-1.amazonaws.com", no slash at the end
  std::string host;    // as the Host header says it: without the scheme's own port
  std::string root;    // what comes before a key in the path: "/" or "/bucket/"
  std::string prefix;  // what comes before a key in the bucket: "" or "some/folder/"

  /// Percent-encoded path of a key (without the prefix).
  std::string path_of(std::string_view key) const;
  /// Of the bucket itself, for lists.
  std::string bucket_path() const;
};

/// "sts.eu-west-1.amazonaws.com"; the regions of China have a domain of their own.
std::string aws_host(std::string_view service, std::string_view region);

/// As the Host header has it: "example.org" for "example.org:443" with TLS.
std::string_view without_own_port(std::string_view host, bool secure);

/// Virtual-host style unless told otherwise, or the host is an address, or the bucket's name cannot be a host
/// name. Errc::invalid_argument names the setting that is wrong.
Result<Endpoint> make_endpoint(const S3Options& options);

}  // namespace granary::blob::s3
