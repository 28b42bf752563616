#pragma once
/// Makes a blob store of either kind.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "blob/blob_store.h"

namespace granary::blob {

class Derived;

/// [S3Storage].
struct S3Options {
  std::string bucket, prefix, region = "us-east-1", endpoint;  // endpoint empty: AWS of that region
  std::string public_endpoint;  // of the same service, as clients reach it; empty: `endpoint`
  std::chrono::seconds direct_url_lifetime{600};  // of DirectUrl, at most a week
  std::chrono::milliseconds outage_patience{0};   // an outage that is younger is likely to be brief
  bool path_style = false;
  bool disable_ssl = false;
  bool skip_verification = false;  // of the endpoint's certificate
  std::string access_key, secret_key,
      session_token;  // empty: what the environment says, see s3/credentials.h
  std::string profile;
  std::string encryption;  // by the server: "aes256", "aws:kms", "aws:kms:dsse"; empty: as the bucket says
  std::string encryption_key_id;  // for "aws:kms"; empty: the bucket's, or that of AWS
  std::string key_id;             // encryption on this side, with this key of KMS; empty: none
  std::string kms_endpoint;       // empty: AWS_ENDPOINT_URL_KMS, else AWS
  /// Asked for each object that is encrypted here, on any thread: whether nodes of the version before must be
  /// able to read it. Empty: no.
  std::function<bool()> older_nodes_read;
  std::map<std::string, std::string>
      environment;              // of the process (from app/): AWS_* and HOME are looked up in it
  std::string cache_directory;  // local copies, so that files are sent by sendfile
  std::uint64_t cache_bytes = 10ULL << 30;
  /// Told of each answer of "s3" and "kms", each attempt apart, on any thread; status 0: none came. May be
  /// empty.
  std::function<void(std::string_view service, std::string_view method, int status)> on_answer;
};

Result<std::unique_ptr<BlobStore>> open_file_store(const std::string& directory, Logger log);
Result<std::unique_ptr<BlobStore>> open_s3_store(const S3Options&, Logger log);
/// What is kept beside the blobs of the same store.
std::shared_ptr<Derived> open_file_derived(const std::string& directory);
Result<std::shared_ptr<Derived>> open_s3_derived(const S3Options&);
/// Which credentials a store with these options asks for: "the environment (AWS_ACCESS_KEY_ID)".
Result<std::string> describe_credentials(const S3Options&);

}  // namespace granary::blob
