#include "api/upload_handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/upload_routes.h"
#include "base/json.h"
#include "base/testing/test_context.h"

namespace granary::api {
namespace {

using ingest::Publish;
using ingest::Published;
using ingest::Selector;
using ingest::Upload;
using testing::_;
using View = std::string_view;

class MockIngest : public ingest::Ingest {
 public:
  MOCK_METHOD(Result<Published>, publish, (const Context&, View, const Upload&, const Publish&), (override));
  MOCK_METHOD(Result<ingest::Changed>, remove, (const Context&, View, const Selector&, bool, View, View),
              (override));
  MOCK_METHOD(Result<ingest::Changed>, archive, (const Context&, View, View, View, View), (override));
  MOCK_METHOD(Result<ingest::Changed>, yank, (const Context&, View, const Selector&, View, View), (override));
  MOCK_METHOD(Result<ingest::Changed>, unyank, (const Context&, View, const Selector&, View), (override));
  MOCK_METHOD(Result<model::Source>, create_source, (const Context&, View, model::SourceType, View, bool),
              (override));
  MOCK_METHOD(Result<model::Source>, edit_source,
              (const Context&, View, std::optional<std::string>, std::optional<std::string>), (override));
  MOCK_METHOD(Result<bool>, delete_source, (const Context&, View), (override));
  MOCK_METHOD(Result<model::Repository>, create_repository, (const Context&, const model::Repository&, bool),
              (override));
  MOCK_METHOD(Result<model::Repository>, edit_repository,
              (const Context&, View, const ingest::RepositoryChange&), (override));
  MOCK_METHOD(Result<>, delete_repository, (const Context&, View), (override));
  MOCK_METHOD(Result<model::Repository>, subscribe, (const Context&, View, View, bool), (override));
  MOCK_METHOD(Result<model::Repository>, unsubscribe, (const Context&, View, View), (override));
  MOCK_METHOD(Result<model::Repository>, reorder, (const Context&, View, const std::vector<std::string>&),
              (override));
  MOCK_METHOD(Result<std::uint64_t>, erase_deleted, (const Context&, const ingest::OnProgress&), (override));
  MOCK_METHOD(Result<bool>, has_deleted, (const Context&), (override));
  MOCK_METHOD(Result<ingest::Collected>, collect,
              (const Context&, bool, std::chrono::seconds, const ingest::OnProgress&), (override));
  MOCK_METHOD(Result<ingest::Verified>, verify, (const Context&, const ingest::OnProgress&), (override));
};

struct Field {
  std::string name, value;
};
std::string form_of(const std::vector<Field>& fields, const std::string& filename, const std::string& bytes) {
  std::string body;
  for (const auto& field : fields)
    body +=
        "--XyZ\r\nContent-Disposition: form-data; name=\"" + field.name + "\"\r\n\r\n" + field.value + "\r\n";
  if (!filename.empty())
    body += "--XyZ\r\nContent-Disposition: form-data; name=\"content\"; filename=\"" + filename +
            "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + bytes + "\r\n";
  return body + "--XyZ--\r\n";
}
const std::vector<Field> kGood = {{":action", "file_upload"},
                                  {"protocol_version", "1"},
                                  {"filetype", "bdist_wheel"},
                                  {"name", "foo"},
                                  {"version", "1.0"},
                                  {"requires_python", ""},
                                  {"sha256_digest", std::string(64, 'A')}};
constexpr const char* kWheel = "foo-1.0-py3-none-any.whl";
constexpr const char* kUvAccept = "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7";

class UploadApi : public testing::Test {
 protected:
  UploadApi() {
    bind_upload(router,
                {ingest, [](const Context&, const http::Request&) { return std::string("ci token"); }});
  }
  http::Response post(const std::string& body, std::vector<http::Header> headers = {},
                      const std::string& target = "/upload/pypi/own/") {
    http::Request request;
    request.method = http::Method::post;
    request.target = target;
    request.headers = std::move(headers);
    request.headers.push_back({"Content-Type", "multipart/form-data; boundary=XyZ"});
    request.body = std::make_unique<MemorySource>(body);
    return router.dispatch(ctx, request);
  }
  static std::string text(const http::Response& response) {
    return *std::get<http::BytesBody>(response.body).bytes;
  }
  static Published published(bool already = false) {
    Published done;
    done.file.filename = kWheel;
    done.file.package = "foo";
    done.file.version = "1.0";
    done.file.added_in = {7};
    done.already = already;
    return done;
  }

  Context ctx = test_context();
  std::shared_ptr<testing::StrictMock<MockIngest>> ingest =
      std::make_shared<testing::StrictMock<MockIngest>>();
  http::Router router;
};

TEST_F(UploadApi, HandsTheFileOverWithWhatTheClientSays) {
  EXPECT_CALL(*ingest, publish(_, View("own"), _, _))
      .WillOnce([](const Context&, View, const Upload& upload, const Publish& how) -> Result<Published> {
        EXPECT_EQ(upload.filename, kWheel);
        EXPECT_EQ(as_text(upload.bytes->in_memory().value()), "wheel\r\nbytes");
        EXPECT_EQ(upload.sha256, std::string(64, 'a'));
        EXPECT_EQ(upload.md5, std::nullopt);
        EXPECT_EQ(upload.name, "foo");
        EXPECT_EQ(upload.version, "1.0");
        EXPECT_EQ(upload.requires_python, std::nullopt) << "empty is as good as absent";
        EXPECT_EQ(how.actor, "ci token");
        EXPECT_FALSE(how.replace);
        return published();
      });
  const auto response = post(form_of(kGood, kWheel, "wheel\r\nbytes"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(text(response), std::string(kWheel) + " is published\n");
}

TEST_F(UploadApi, WorksAtEveryAddressThatPeopleWrite) {
  EXPECT_CALL(*ingest, publish(_, View("own"), _, _)).Times(5).WillRepeatedly([](auto&&...) {
    return published();
  });
  for (const char* target :
       {"/upload/pypi/own", "/upload/pypi/own/", "/upload/pypi/own/legacy/", "/legacy/own", "/legacy/own/"})
    EXPECT_EQ(post(form_of(kGood, kWheel, "x"), {}, target).status, 200) << target;
  for (const auto* route : kUploadRoutes) EXPECT_EQ(route->access, http::Access::publish);
}

TEST_F(UploadApi, AnswersTheSameContentAgainWith200) {
  EXPECT_CALL(*ingest, publish).WillOnce([](auto&&...) { return published(true); });
  const auto response = post(form_of(kGood, kWheel, "x"), {{"Accept", kUvAccept}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Json::parse(text(response)).value()["already"].boolean(), true);
}

TEST_F(UploadApi, AnswersOtherContentUnderTheSameNameWith400AndTheWordsThatClientsLookFor) {
  EXPECT_CALL(*ingest, publish).Times(2).WillRepeatedly([](auto&&...) -> Result<Published> {
    return fail(Errc::conflict, "File already exists with other content", "publish a new version");
  });
  const auto for_twine = post(form_of(kGood, kWheel, "x"), {{"Accept", "*/*"}});
  EXPECT_EQ(for_twine.status, 400);
  EXPECT_EQ(for_twine.reason, "File already exists with other content: publish a new version");
  EXPECT_TRUE(text(for_twine).starts_with("File already exists")) << text(for_twine);

  const auto for_uv = post(form_of(kGood, kWheel, "x"), {{"Accept", kUvAccept}});
  EXPECT_EQ(for_uv.status, 400);
  const auto body = Json::parse(text(for_uv)).value();
  EXPECT_EQ(body["code"].string(), "400 File already exists with other content: publish a new version");
  EXPECT_EQ(body["hint"].string(), "publish a new version");
}

TEST_F(UploadApi, MapsWhatIngestSays) {
  for (const auto& [code, status] : std::vector<std::pair<Errc, int>>{{Errc::invalid_argument, 400},
                                                                      {Errc::corrupt, 400},
                                                                      {Errc::permission_denied, 403},
                                                                      {Errc::not_found, 404},
                                                                      {Errc::too_large, 413},
                                                                      {Errc::unavailable, 503},
                                                                      {Errc::internal, 500}}) {
    EXPECT_CALL(*ingest, publish).WillOnce([code = code](auto&&...) -> Result<Published> {
      return fail(code, "it went wrong", "do this");
    });
    EXPECT_EQ(post(form_of(kGood, kWheel, "x")).status, status) << name_of(code);
  }
}

TEST_F(UploadApi, RefusesFormsBeforeAnythingIsStored) {
  const auto with = [](const std::string& name, const std::string& value) {
    auto fields = kGood;
    for (auto& field : fields)
      if (field.name == name) field.value = value;
    return fields;
  };
  for (const auto& [body, status] :
       std::vector<std::pair<std::string, int>>{{form_of(with(":action", "submit"), kWheel, "x"), 410},
                                                {form_of(with(":action", "doc_upload"), kWheel, "x"), 410},
                                                {form_of(with(":action", "other"), kWheel, "x"), 400},
                                                {form_of({}, kWheel, "x"), 400},
                                                {form_of(with("protocol_version", "2"), kWheel, "x"), 400},
                                                {form_of(with("filetype", "bdist_egg"), kWheel, "x"), 400},
                                                {form_of(with("filetype", "sdist"), kWheel, "x"), 400},
                                                {form_of(with("sha256_digest", "zz"), kWheel, "x"), 400},
                                                {form_of(kGood, "", ""), 400},
                                                {"not a form", 400}}) {
    const auto response = post(body);
    EXPECT_EQ(response.status, status) << body;
    EXPECT_FALSE(response.reason.empty()) << body;
    EXPECT_EQ(text(response).find("\n\n"), std::string::npos);
  }
  EXPECT_EQ(post(form_of(kGood, kWheel, "x"), {{"Content-Type", "text/plain"}}).status, 400);
  http::Request empty;
  empty.method = http::Method::post;
  empty.target = "/upload/pypi/own/";
  EXPECT_EQ(router.dispatch(ctx, empty).status, 400);
  empty.method = http::Method::get;
  EXPECT_EQ(router.dispatch(ctx, empty).status, 405);
}

TEST_F(UploadApi, SaysWhatWasNotKept) {
  EXPECT_CALL(*ingest, publish).WillOnce([](auto&&...) { return published(); });
  auto fields = kGood;
  fields.push_back({"attestations", "[{}]"});
  EXPECT_NE(text(post(form_of(fields, kWheel, "x"))).find("warning: the attestations were not kept"),
            std::string::npos);
}

}  // namespace
}  // namespace granary::api
