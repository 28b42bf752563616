#include "blob/s3/endpoint.h"

#include <algorithm>

#include "base/text.h"
#include "base/uri.h"

namespace granary::blob::s3 {
namespace {

bool all_of(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           extra.find(c) != extra.npos;
  });
}

bool is_address(std::string_view host) {
  const auto name = host.substr(0, host.starts_with('[') ? host.find(']') : host.find(':'));
  return host.starts_with('[') || name == "localhost" || name.find_first_not_of("0123456789.") == name.npos;
}

}  // namespace

std::string Endpoint::path_of(std::string_view key) const {
  return root + percent_encode(prefix + std::string(key), true);
}

std::string Endpoint::bucket_path() const { return root == "/" ? root : root.substr(0, root.size() - 1); }

std::string_view without_own_port(std::string_view host, bool secure) {
  const std::string_view port = secure ? ":443" : ":80";
  return host.ends_with(port) && !host.ends_with("]") ? host.substr(0, host.size() - port.size()) : host;
}

std::string aws_host(std::string_view service, std::string_view region) {
  std::string host(service);
  host.append(".").append(region).append(".amazonaws.com");
  return region.starts_with("cn-") ? host + ".cn" : host;
}

Result<Endpoint> make_endpoint(const S3Options& options) {
  const auto& bucket = options.bucket;
  if (bucket.empty()) return fail(Errc::invalid_argument, "S3Storage.Bucket is not set", "name the bucket");
  if (bucket.size() > 255 || !all_of(bucket, "-._"))
    return fail(Errc::invalid_argument, "S3Storage.Bucket is not a bucket name: " + bucket,
                "give the name alone, without s3://");
  if (options.region.empty() || !all_of(options.region, "-"))
    return fail(Errc::invalid_argument, "S3Storage.Region is not a region: " + options.region,
                "such as us-east-1");

  std::string_view given = options.endpoint;
  bool secure = !options.disable_ssl;
  if (starts_with_ignore_case(given, "http://")) {
    given.remove_prefix(7);
    secure = false;
  } else if (starts_with_ignore_case(given, "https://")) {
    given.remove_prefix(8);
    secure = true;
  }
  while (given.ends_with('/')) given.remove_suffix(1);
  const std::string base = given.empty() ? aws_host("s3", options.region) : lower(given);
  if (!all_of(base, "-.:[]"))
    return fail(Errc::invalid_argument, "S3Storage.Endpoint is not an address: " + options.endpoint,
                "such as https://minio.example.org:9000");

  Endpoint out;
  const bool by_path = options.path_style || is_address(base) || lower(bucket) != bucket ||
                       bucket.find_first_of("._") != bucket.npos || bucket.size() > 63;
  out.host = std::string(without_own_port(by_path ? base : bucket + "." + base, secure));
  out.origin = (secure ? "https://" : "http://") + out.host;
  out.root = by_path ? "/" + bucket + "/" : "/";
  std::string_view prefix = options.prefix;
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!prefix.empty()) out.prefix = std::string(prefix) + "/";
  return out;
}

}  // namespace granary::blob::s3
