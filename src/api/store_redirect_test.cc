#include "api/store_redirect.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "blob/memory_store.h"
#include "blob/testing/blob_testing.h"

namespace granary::api {
namespace {

class StoreRedirectTest : public testing::Test {
 protected:
  StoreRedirectTest() {
    blobs.allow_direct_urls();
    repository.downloads = model::Downloads::redirect;
    file.filename = "demo_1.0.tar.gz";
    const auto stored = blob::put(blobs, "the bytes").value();
    file.blob = stored.digest;
    file.size = stored.size;
  }

  std::optional<http::Response> answer(http::Method method = http::Method::get) {
    view::Snapshot snapshot;
    snapshot.repository = std::make_shared<model::Repository>(repository);
    http::Request request;
    request.method = method;
    return redirect_to_store(ctx, request, snapshot, blobs, nullptr, file, "application/gzip").value();
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& header : response.headers)
      if (header.name == name) return header.value;
    return {};
  }

  const Context ctx = test_context();
  blob::MemoryStore blobs;
  model::Repository repository;
  model::FileRecord file;
};

TEST_F(StoreRedirectTest, SendsTheClientToTheStoreForTheFilesBytes) {
  const auto response = answer().value();
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(blobs.get(header(response, "Location")).value(), "the bytes");
}

TEST_F(StoreRedirectTest, NoCacheKeepsTheUrlForLongerThanItIsGoodAndNobodyElseGetsIt) {
  const auto response = answer().value();
  EXPECT_EQ(header(response, "Cache-Control"), "private, max-age=150");  // of five minutes
  EXPECT_FALSE(response.hot);
}

TEST_F(StoreRedirectTest, HeadIsAnsweredHere) {
  const auto response = answer(http::Method::head).value();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(std::get<http::UnsentBody>(response.body).size, 9u);
  EXPECT_TRUE(response.ranges);
  EXPECT_FALSE(response.hot) << "it would be the answer to GET too";
}

TEST_F(StoreRedirectTest, ANodeSendsWhatARepositoryDoesNotRedirect) {
  repository.downloads = model::Downloads::stream;
  EXPECT_FALSE(answer());
}

TEST_F(StoreRedirectTest, ANodeSendsWhatNeedsAToken) {
  repository.authenticated = true;  // an older node may set it without looking at downloads
  EXPECT_FALSE(answer());
}

TEST_F(StoreRedirectTest, ANodeSendsWhatTheStoreDoesNotGive) {
  blob::MemoryStore folder;
  view::Snapshot snapshot;
  snapshot.repository = std::make_shared<model::Repository>(repository);
  EXPECT_FALSE(redirect_to_store(ctx, http::Request(), snapshot, folder, nullptr, file, "a/b").value());
}

TEST_F(StoreRedirectTest, ANodeFetchesWhatIsNotInTheStoreYet) {
  file.origin.emplace();
  EXPECT_FALSE(answer());
}

}  // namespace
}  // namespace granary::api
