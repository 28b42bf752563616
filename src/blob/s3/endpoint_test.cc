#include "blob/s3/endpoint.h"

#include <gtest/gtest.h>

namespace granary::blob::s3 {
namespace {

TEST(S3Endpoint, ComesFromTheSettings) {
  struct Case {
    S3Options options;
    std::string origin, path;
  };
  const auto make = [](std::string bucket, std::string endpoint, bool path_style = false,
                       bool disable_ssl = false, std::string prefix = "") {
    S3Options o;
    o.bucket = std::move(bucket);
    o.endpoint = std::move(endpoint);
    o.path_style = path_style;
    o.disable_ssl = disable_ssl;
    o.prefix = std::move(prefix);
    return o;
  };
  for (const auto& [options, origin, path] : std::initializer_list<Case>{
           {make("b", ""), "https://b.s3.us-east-1.amazonaws.com", "/k/1"},
           {make("b", "", true), "https://s3.us-east-1.amazonaws.com", "/b/k/1"},
           {make("b.c", ""), "https://s3.us-east-1.amazonaws.com", "/b.c/k/1"},
           {make("Old_B", ""), "https://s3.us-east-1.amazonaws.com", "/Old_B/k/1"},
           {make("b", "http://127.0.0.1:7070/"), "http://127.0.0.1:7070", "/b/k/1"},
           {make("b", "http://localhost:7070"), "http://localhost:7070", "/b/k/1"},
           {make("b", "http://[::1]:7070"), "http://[::1]:7070", "/b/k/1"},
           {make("b", "https://minio.example.org:443"), "https://b.minio.example.org", "/k/1"},
           {make("b", "http://minio.example.org:80"), "http://b.minio.example.org", "/k/1"},
           {make("b", "minio.example.org:9000", true, true), "http://minio.example.org:9000", "/b/k/1"},
           {make("b", "", true, false, "/a b/c/"), "https://s3.us-east-1.amazonaws.com", "/b/a%20b/c/k/1"},
       }) {
    const auto endpoint = make_endpoint(options);
    ASSERT_TRUE(endpoint) << options.endpoint;
    EXPECT_EQ(endpoint->origin, origin);
    EXPECT_EQ(endpoint->path_of("k/1"), path);
    EXPECT_TRUE(origin.ends_with("://" + endpoint->host));
  }
  EXPECT_EQ(make_endpoint(make("b", "", true)).value().bucket_path(), "/b");
  EXPECT_EQ(make_endpoint(make("b", "")).value().bucket_path(), "/");
}

TEST(S3Endpoint, WrongSettingsAreNamed) {
  S3Options options;
  EXPECT_NE(make_endpoint(options).error().message().find("S3Storage.Bucket"), std::string::npos);
  options.bucket = "s3://bucket";
  EXPECT_NE(make_endpoint(options).error().message().find("S3Storage.Bucket"), std::string::npos);
  options.bucket = "bucket";
  options.endpoint = "https://user@host/path";
  EXPECT_NE(make_endpoint(options).error().message().find("S3Storage.Endpoint"), std::string::npos);
  options.endpoint = "";
  options.region = "us east";
  EXPECT_NE(make_endpoint(options).error().message().find("S3Storage.Region"), std::string::npos);
}

}  // namespace
}  // namespace granary::blob::s3
