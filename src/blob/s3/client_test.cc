#include "blob/s3/client.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "base/time_text.h"
#include "base/uri.h"
#include "net/testing/fake_http_server.h"

namespace granary::blob::s3 {
namespace {

using namespace std::chrono_literals;
using net::FakeReply;
using net::FakeRequest;

const Digest kDigest = sha256(as_bytes("hello"));

std::shared_ptr<CredentialCache> keys(Credentials credentials) {
  static const FakeClock clock;
  return std::make_shared<CredentialCache>(fixed_credentials(std::move(credentials), "a test"), clock);
}

std::string date_of(Time time) { return http_date(std::chrono::floor<std::chrono::seconds>(time)); }

class S3ClientTest : public testing::Test {
 protected:
  S3Client make(std::uint64_t part_size = 16 << 20, std::chrono::milliseconds patience = 0ms) {
    S3Options options;
    options.bucket = "b";
    options.endpoint = server.url();
    return S3Client({.endpoint = make_endpoint(options).value(),
                     .bucket = "b",
                     .region = "us-east-1",
                     .credentials = keys({.access_key = "a", .secret_key = "s", .session_token = "t"}),
                     .http = {.idle_timeout = 10s},
                     .retry = {.attempts = 4, .first = 1ms, .longest = 3ms},
                     .part_size = part_size,
                     .outage_patience = patience});
  }
  Result<std::string> get(S3Client& from, const std::string& key, std::uint64_t* whole = nullptr) {
    std::string out;
    auto got = from.get(
        test_context(), key, {},
        [&](std::uint64_t size) -> Result<> {
          if (whole) *whole = size;
          return {};
        },
        [&](ByteSpan bytes) -> Result<> {
          out += as_text(bytes);
          return {};
        });
    if (!got) return tl::unexpected(got.error());
    return out;
  }
  net::FakeHttpServer server;
  S3Client client = make();
  const MemorySource hello{"hello"};
};

TEST_F(S3ClientTest, EveryRequestIsSigned) {
  server.when("/b/k").reply(200, "");
  ASSERT_TRUE(client.put(test_context(), "k", hello, kDigest));
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.headers.at("x-amz-content-sha256"), kDigest.hex());
  EXPECT_EQ(request.headers.at("x-amz-security-token"), "t");
  EXPECT_TRUE(request.headers.at("authorization").starts_with("AWS4-HMAC-SHA256 Credential=a/"));
}

TEST_F(S3ClientTest, AClockThatIsWrongIsMadeUpForFromTheDateOfTheRefusal) {
  FakeClock clock;
  S3Options options;
  options.bucket = "b";
  options.endpoint = server.url();
  S3Client wrong({.endpoint = make_endpoint(options).value(),
                  .bucket = "b",
                  .region = "us-east-1",
                  .credentials = keys({.access_key = "a", .secret_key = "s"}),
                  .clock = &clock});
  server.when("/b/k").reply(200, "");
  server.next({.status = 403,
               .headers = {{"Date", date_of(clock.now() - 3h)}},
               .body = "<Error><Code>RequestTimeTooSkewed</Code></Error>"});
  ASSERT_TRUE(wrong.put(test_context(), "k", hello, kDigest));
  ASSERT_TRUE(wrong.put(test_context(), "k", hello, kDigest));
  ASSERT_EQ(server.requests().size(), 3u) << "only the first was refused";
  EXPECT_EQ(server.requests()[0].headers.at("x-amz-date"), amz_date(clock.now()));
  EXPECT_EQ(server.requests()[1].headers.at("x-amz-date"), amz_date(clock.now() - 3h));
  EXPECT_EQ(server.requests()[2].headers.at("x-amz-date"), amz_date(clock.now() - 3h));
  // Refused for another reason: its time is right.
  server.next({.status = 403, .headers = {{"Date", date_of(clock.now() - 3h + 1min)}}, .body = ""});
  EXPECT_FALSE(wrong.put(test_context(), "k", hello, kDigest));
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(S3ClientTest, BusyServersAreAskedAgain) {
  server.when("/b/k").reply(200, "");
  server.fail_next(503, 2);
  server.fail_next(500, 1);
  EXPECT_TRUE(client.put(test_context(), "k", hello, kDigest));
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(server.requests().back().body, "hello");
}

TEST_F(S3ClientTest, AConflictOfTwoRequestsPasses) {
  server.when("/b/k").reply(200, "");
  server.fail_next(409, 2);
  EXPECT_TRUE(client.put(test_context(), "k", hello, kDigest));
  EXPECT_EQ(server.requests().size(), 3u);
  server.next({.status = 409, .body = "<Error><Code>OperationAborted</Code></Error>"}, 10);
  const auto error = client.put(test_context(), "k", hello, kDigest).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(error.message().find("OperationAborted"), std::string::npos) << error.message();
}

TEST_F(S3ClientTest, AnOutageIsBriefForWhoHasPatience) {
  for (const auto patience : {std::chrono::milliseconds(0), std::chrono::milliseconds(1h)}) {
    auto patient = make(16 << 20, patience);
    server.fail_next(503, 12);
    EXPECT_EQ(get(patient, "k").error().brief(), patience > 0ms);
    EXPECT_EQ(patient.head(test_context(), "k").error().brief(), patience > 0ms);
    EXPECT_EQ(patient.put(test_context(), "k", hello, kDigest).error().brief(), patience > 0ms);
    EXPECT_FALSE(get(patient, "absent").error().brief()) << "an answer";
  }
}

TEST_F(S3ClientTest, AServerThatStaysBusyIsUnavailableAfterTheLastAttempt) {
  server.next({.status = 503, .body = "<Error><Code>SlowDown</Code><Message>m</Message></Error>"}, 10);
  const auto error = client.put(test_context(), "k", hello, kDigest).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "the object store answered 503 SlowDown");
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(S3ClientTest, RetriesEndWithTheDeadline) {
  server.next({.status = 503, .headers = {{"Retry-After", "60"}}, .body = ""}, 10);
  S3Options options;
  options.bucket = "b";
  options.endpoint = server.url();
  S3Client patient({.endpoint = make_endpoint(options).value(),
                    .bucket = "b",
                    .region = "r",
                    .credentials = keys({.access_key = "a", .secret_key = "s"}),
                    .retry = {.attempts = 10, .first = 1ms, .longest = 1h}});
  EXPECT_EQ(patient.head(test_context(), "k").error().code(), Errc::unavailable);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(S3ClientTest, ASilentServerIsUnavailable) {
  server.next({.way = FakeReply::Way::silent}, 10);
  EXPECT_EQ(client.head(test_context().with_timeout(100ms), "k").error().code(), Errc::unavailable);
  const auto error =
      client
          .get(
              test_context().with_timeout(100ms), "k", {}, [](std::uint64_t) -> Result<> { return {}; },
              [](ByteSpan) -> Result<> { return {}; })
          .error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_NE(error.message().find(server.url()), std::string::npos);
}

TEST_F(S3ClientTest, ClientErrorsAreNotTriedAgain) {
  server.when("/b/k").reply({.status = 403, .body = "<Error><Code>SignatureDoesNotMatch</Code></Error>"});
  const auto error = client.put(test_context(), "k", hello, kDigest).error();
  EXPECT_EQ(error.code(), Errc::unavailable);
  EXPECT_EQ(error.message(), "the object store refuses our credentials (403 SignatureDoesNotMatch)");
  EXPECT_NE(error.hint().find("S3Storage"), std::string::npos);
  EXPECT_EQ(server.requests().size(), 1u);
}

/// Hands out "key1", "key2", ... as long as there are more.
class Changing final : public CredentialSource {
 public:
  explicit Changing(int last) : last_(last) {}
  Result<Credentials> fetch(const Context&) override {
    number_ = std::min(number_ + 1, last_);
    return Credentials{.access_key = "key" + std::to_string(number_), .secret_key = "s"};
  }
  const std::string& name() const noexcept override { return name_; }

 private:
  const int last_;
  int number_ = 0;
  const std::string name_ = "a test";
};

TEST_F(S3ClientTest, KeysThatWereReplacedMeanwhileAreTakenUpAfterARefusal) {
  FakeClock clock;
  const auto cache = std::make_shared<CredentialCache>(std::make_unique<Changing>(2), clock);
  S3Options options;
  options.bucket = "b";
  options.endpoint = server.url();
  S3Client changing(
      {.endpoint = make_endpoint(options).value(), .bucket = "b", .region = "r", .credentials = cache});
  server.when("/b/k").call([](const FakeRequest& request) -> FakeReply {
    if (request.headers.at("authorization").find("=key2/") != std::string::npos) return {.body = "hello"};
    return {.status = 400, .body = "<Error><Code>ExpiredToken</Code></Error>"};
  });
  ASSERT_TRUE(cache->get(test_context()));
  clock.advance(1min);  // not sooner, however many are refused
  EXPECT_EQ(get(changing, "k").value(), "hello");
  EXPECT_TRUE(changing.put(test_context(), "k", hello, kDigest));
  EXPECT_EQ(server.requests().size(), 3u);
  server.when("/b/k").reply({.status = 403});
  EXPECT_EQ(get(changing, "k").error().code(), Errc::unavailable);
  EXPECT_EQ(changing.put(test_context(), "k", hello, kDigest).error().code(), Errc::unavailable);
  EXPECT_EQ(server.requests().size(), 5u) << "there are no others: asked once each";
}

TEST_F(S3ClientTest, AnAbsentObjectIsNotFoundAndAnAbsentBucketIsNot) {
  EXPECT_EQ(client.head(test_context(), "k").value(), std::nullopt);
  EXPECT_EQ(get(client, "k").error().code(), Errc::not_found);
  server.when("/b/k").reply(404, "<Error><Code>NoSuchBucket</Code></Error>");
  EXPECT_EQ(get(client, "k").error().code(), Errc::unavailable);
  EXPECT_TRUE(client.remove(test_context(), "other"));
}

TEST_F(S3ClientTest, ADownloadThatBreaksOffGoesOnWhereItStopped) {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += std::to_string(i);
  server.when("/b/k").call([&](const FakeRequest& request) {
    FakeReply reply{.status = 200, .body = bytes, .way = FakeReply::Way::cut};
    if (const auto range = request.headers.find("range"); range != request.headers.end()) {
      const auto from = std::stoul(range->second.substr(6));
      reply.status = 206;
      reply.body = bytes.substr(from);
      reply.headers = {{"Content-Range", "bytes " + std::to_string(from) + "-" +
                                             std::to_string(bytes.size() - 1) + "/" +
                                             std::to_string(bytes.size())}};
      if (reply.body.size() < 10'000) reply.way = FakeReply::Way::whole;
    }
    return reply;
  });
  std::uint64_t whole = 0;
  EXPECT_TRUE(get(client, "k", &whole).value() == bytes);
  EXPECT_EQ(whole, bytes.size());
  EXPECT_GT(server.requests().size(), 2u);
}

TEST_F(S3ClientTest, ADownloadThatNeverGetsOnIsUnavailable) {
  server.when("/b/k").reply(
      {.status = 200, .headers = {{"Content-Length", "10"}}, .way = FakeReply::Way::cut});
  EXPECT_EQ(get(client, "k").error().code(), Errc::unavailable);
  EXPECT_EQ(server.requests().size(), 4u);
  auto patient = make(16 << 20, 1h);
  EXPECT_TRUE(get(patient, "k").error().brief());
}

TEST_F(S3ClientTest, AnotherRangeThanWasAskedIsCorrupt) {
  server.when("/b/k").reply({.status = 206, .headers = {{"Content-Range", "bytes 5-9/10"}}, .body = "56789"});
  EXPECT_EQ(get(client, "k").error().code(), Errc::corrupt);
  server.when("/b/k").reply({.status = 206, .headers = {{"Content-Range", "rubbish"}}, .body = "56789"});
  EXPECT_EQ(get(client, "k").error().code(), Errc::corrupt);
}

/// Enough of multipart uploads to see their order, with the parts that arrived.
class MultipartTest : public S3ClientTest {
 protected:
  MultipartTest() {
    server.when("/b/k").call([this](const FakeRequest& request) -> FakeReply {
      const auto query = parse_query(request.target.substr(request.target.find('?') + 1));
      if (request.method == "POST" && query[0].first == "uploads")
        return {
            .body =
                "<InitiateMultipartUploadResult><UploadId>u+1</UploadId></InitiateMultipartUploadResult>"};
      if (request.method == "PUT") {
        if (fail_parts) return {.status = 400, .body = ""};
        parts += request.body;
        return {.headers = {{"ETag", "\"e" + std::to_string(++count) + "\""}}};
      }
      if (request.method == "DELETE") {
        aborted = true;
        return {.status = 204};
      }
      if (request.method == "HEAD")
        return {.status = exists ? 200 : 404,
                .headers = {{"Last-Modified", "Wed, 01 May 2024 12:00:00 GMT"}, {"Content-Length", "25"}}};
      completed = request.body;
      return completion;
    });
  }
  Result<> upload() { return small_parts.put(test_context(), "k", body, sha256(*body.in_memory())); }
  S3Client small_parts = make(10);
  const MemorySource body{"0123456789abcdefghijABCDE"};
  FakeReply completion{.status = 200, .body = "<CompleteMultipartUploadResult/>"};
  bool fail_parts = false, aborted = false, exists = false;
  int count = 0;
  std::string parts, completed;
};

TEST_F(MultipartTest, PartsGoUpInOrderAndAreCompleted) {
  ASSERT_TRUE(upload());
  EXPECT_EQ(parts, "0123456789abcdefghijABCDE");
  EXPECT_EQ(count, 3);
  EXPECT_NE(completed.find("<PartNumber>3</PartNumber><ETag>&quot;e3&quot;</ETag>"), std::string::npos);
  EXPECT_FALSE(aborted);
  EXPECT_NE(server.requests().at(1).target.find("uploadId=u%2B1"), std::string::npos);
}

TEST_F(MultipartTest, AFailedPartAbortsTheUpload) {
  fail_parts = true;
  EXPECT_EQ(upload().error().code(), Errc::unavailable);
  EXPECT_TRUE(aborted);
}

TEST_F(MultipartTest, AnErrorInsideASuccessIsAFailure) {
  completion.body = "<Error><Code>InternalError</Code></Error>";
  EXPECT_EQ(upload().error().code(), Errc::unavailable);
  EXPECT_TRUE(aborted);
}

TEST_F(MultipartTest, ACompletionWhoseAnswerWasLostIsFoundOut) {
  completion = {.status = 404, .body = "<Error><Code>NoSuchUpload</Code></Error>"};
  exists = true;
  EXPECT_TRUE(upload());
}

TEST_F(MultipartTest, TheStoreIsAskedToEncryptWhateverIsSent) {
  S3Options options;
  options.bucket = "b";
  options.endpoint = server.url();
  S3Client encrypting({.endpoint = make_endpoint(options).value(),
                       .bucket = "b",
                       .region = "r",
                       .credentials = keys({.access_key = "a", .secret_key = "s"}),
                       .part_size = 10,
                       .encryption = {{"X-Amz-Server-Side-Encryption", "AES256"}}});
  ASSERT_TRUE(encrypting.put(test_context(), "k", body, std::nullopt));
  ASSERT_TRUE(encrypting.put(test_context(), "k", hello, std::nullopt));
  ASSERT_TRUE(encrypting.touch(test_context(), "k"));
  int asked = 0;
  for (const auto& request : server.requests())
    asked += request.headers.contains("x-amz-server-side-encryption");
  EXPECT_EQ(asked, 3) << "the beginning of the upload in parts, the whole object, the copy";
  EXPECT_EQ(server.requests().at(5).headers.at("x-amz-content-sha256"), kDigest.hex());
}

TEST_F(S3ClientTest, OldUploadsInPartsAreAbortedPageByPage) {
  const auto upload = [](const std::string& id, const std::string& day) {
    return "<Upload><Key>k</Key><UploadId>" + id + "</UploadId><Initiated>" + day +
           "T12:00:00.000Z</Initiated></Upload>";
  };
  server.when("/b").call([&](const FakeRequest& request) -> FakeReply {
    const bool second = request.target.find("key-marker=k%2F&") != std::string::npos;
    return {.body = "<ListMultipartUploadsResult><EncodingType>url</EncodingType>" +
                    (second ? upload("u3", "2024-05-01")
                            : upload("u1", "2024-05-01") + upload("u2", "2024-05-03") +
                                  "<IsTruncated>true</IsTruncated><NextKeyMarker>k%2F</NextKeyMarker>"
                                  "<NextUploadIdMarker>u2</NextUploadIdMarker>") +
                    "</ListMultipartUploadsResult>"};
  });
  std::string aborted;
  server.when("/b/k").call([&](const FakeRequest& request) -> FakeReply {
    EXPECT_EQ(request.method, "DELETE");
    aborted += request.target.substr(request.target.find('='));
    return {.status = aborted.size() > 3 ? 404 : 204};  // somebody else was faster: as good
  });
  const Time before(std::chrono::sys_days(std::chrono::year(2024) / 5 / 2));
  EXPECT_EQ(client.abort_uploads(test_context(), before).value(), 2u);
  EXPECT_EQ(aborted, "=u1=u3");
  server.when("/b").reply(
      200, "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>");
  EXPECT_EQ(client.abort_uploads(test_context(), before).error().code(), Errc::corrupt);
}

TEST_F(S3ClientTest, ListsPageByPage) {
  server.when("/b").call([](const FakeRequest& request) -> FakeReply {
    const bool second = request.target.find("continuation-token=t%2F1") != std::string::npos;
    const std::string object =
        "<Contents><Key>p%2F" + std::string(second ? "2" : "1") +
        "</Key><Size>1</Size><LastModified>2024-05-01T12:00:00.000Z</LastModified></Contents>";
    return {.body =
                "<ListBucketResult><EncodingType>url</EncodingType>" + object +
                (second
                     ? ""
                     : "<IsTruncated>true</IsTruncated><NextContinuationToken>t/1</NextContinuationToken>") +
                "</ListBucketResult>"};
  });
  std::string keys;
  ASSERT_TRUE(client.list(test_context(), "p/", [&](const ObjectInfo& object) -> Result<> {
    keys += object.key + " ";
    return {};
  }));
  EXPECT_EQ(keys, "p/1 p/2 ");
}

TEST_F(S3ClientTest, AListThatNeverEndsIsCorrupt) {
  server.when("/b").reply(200,
                          "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</"
                          "NextContinuationToken></ListBucketResult>");
  EXPECT_EQ(client.list(test_context(), "", [](const ObjectInfo&) -> Result<> { return {}; }).error().code(),
            Errc::corrupt);
}

}  // namespace
}  // namespace granary::blob::s3
