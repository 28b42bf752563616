#include "blob/derived.h"

#include "base/testing/fake_clock.h"
#include "base/testing/missing.h"
#include "base/testing/temporary_folder.h"
#include "blob/memory_derived.h"
#include "blob/open.h"
#include "blob/testing/derived_suite.h"
#include "blob/testing/kms_server.h"
#include "blob/testing/s3_server.h"

namespace granary::blob {
namespace {

std::shared_ptr<Derived> in_folder() {
  const auto folder = std::make_shared<TemporaryFolder>();
  auto derived = open_file_derived(folder->path() + "/store");
  return {derived.get(), [derived, folder](Derived*) {}};
}

struct Servers {
  std::shared_ptr<S3Server> s3 = S3Server::start();
  std::shared_ptr<KmsServer> kms = KmsServer::start();
  int count = 0;
};
/// One pair for all tests, ended with the program.
Servers& servers() {
  static Servers one;
  return one;
}

std::shared_ptr<Derived> in_bucket() {
  if (!servers().s3) return nullptr;
  return open_s3_derived(servers().s3->options("derived" + std::to_string(servers().count++))).value();
}

std::shared_ptr<Derived> sealed() {
  if (!servers().s3 || !servers().kms) return nullptr;
  auto options = servers().s3->options("derived" + std::to_string(servers().count++));
  options.key_id = servers().kms->create_key();
  options.kms_endpoint = servers().kms->url();
  return open_s3_derived(options).value();
}

INSTANTIATE_TEST_SUITE_P(Memory, DerivedSuite, derived_by([] { return std::make_shared<MemoryDerived>(); }));
INSTANTIATE_TEST_SUITE_P(File, DerivedSuite, derived_by(&in_folder));
INSTANTIATE_TEST_SUITE_P(S3, DerivedSuite, derived_by(&in_bucket));
INSTANTIATE_TEST_SUITE_P(Sealed, DerivedSuite, derived_by(&sealed));

TEST(Derived, NothingOlderThanWhatWentIsKept) {
  FakeClock clock;
  MemoryDerived derived(&clock);
  const auto ctx = test_context();
  const auto put = [&](const char* name, std::size_t size) {
    ASSERT_TRUE(derived.put(ctx, sha256(as_bytes(name)), std::string(size, 'x')));
    clock.advance(std::chrono::minutes(1));
  };
  put("old and small", 10);
  put("large", 900);
  put("new", 200);
  EXPECT_EQ(remove_oldest(ctx, derived, clock.now() - std::chrono::hours(1), 1000)->removed, 2u);
  EXPECT_TRUE(derived.has(ctx, sha256(as_bytes("new"))).value());
}

TEST(Derived, WhatBelongsToTheBlobsIsNotSeen) {
  if (!servers().s3) return missing("no versitygw");
  const auto options = servers().s3->options("both");
  const auto ctx = test_context();
  const auto blobs = open_s3_store(options, Logger()).value();
  const auto derived = open_s3_derived(options).value();
  ASSERT_TRUE(derived->put(ctx, sha256(as_bytes("a")), "made"));
  EXPECT_TRUE(blobs->for_each(ctx, [](const BlobInfo&) -> Result<> { return fail(Errc::internal, "one"); }));
  ASSERT_TRUE(put(*blobs, "content"));
  EXPECT_EQ(remove_oldest(ctx, *derived, Time{}, 0)->removed, 1u);
  EXPECT_TRUE(blobs->find(ctx, sha256(as_bytes("content"))).value());
}

}  // namespace
}  // namespace granary::blob
