#include "api/job_routes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/json.h"
#include "base/testing/eventually.h"
#include "view/testing/world.h"

namespace granary::api {
namespace {

using http::Method;
using http::Response;

class JobRoutesTest : public ::testing::Test {
 protected:
  JobRoutesTest() {
    EXPECT_TRUE(world_.database->migrate(world_.ctx, jobs::migrations()));
    queue_ = jobs::make_queue(world_.database, world_.clock);
    events_ = std::make_shared<JobEvents>(queue_, Logger(), std::chrono::milliseconds(5));
    bind_jobs(router_, {.queue = queue_,
                        .events = events_,
                        .catalog = world_.catalog,
                        .submittable = {{.kind = "verify", .key = "verify"}}});
    source_ = world_.source("team");
  }

  Response call(Method method, const std::string& path, const std::string& body = {},
                std::vector<http::Header> headers = {}) {
    http::Request request;
    request.method = method;
    request.target = path;
    request.headers = std::move(headers);
    if (!body.empty()) request.body = std::make_unique<MemorySource>(body);
    return router_.dispatch(world_.ctx, request);
  }
  static Json json_of(const Response& response) {
    const auto* body = std::get_if<http::BytesBody>(&response.body);
    auto parsed = Json::parse(body != nullptr ? std::string_view(*body->bytes) : "");
    return parsed ? std::move(*parsed) : Json{};
  }
  std::int64_t submit(jobs::JobSpec spec) { return queue_->submit(world_.ctx, spec).value_or(0); }
  jobs::Job lease() {
    const std::vector<std::string> kinds = {"verify", "collect"};
    return **queue_->lease(world_.ctx, "node-1", kinds, std::chrono::minutes(1));
  }
  std::string ids(const std::string& query) {
    std::string all;
    const auto list = json_of(call(Method::get, "/__api__/jobs" + query));
    for (const auto& job : list.items()) all += std::to_string(job["id"].integer().value_or(0)) + " ";
    return all;
  }
  /// What a client of the stream has read so far.
  static std::string text_of(const Response& response) {
    const auto file = std::get<http::GrowingBody>(response.body).file;
    std::string text(file->state().size, '\0');
    EXPECT_EQ(::pread(file->fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }
  /// And when it ends.
  static std::string all_of(const Response& response) {
    const auto file = std::get<http::GrowingBody>(response.body).file;
    EXPECT_TRUE(eventually([&] { return file->state().finished; }));
    return text_of(response);
  }
  static bool tells(const Response& response, std::string_view what) {
    return eventually([&] { return text_of(response).find(what) != std::string::npos; });
  }

  view::World world_;
  std::shared_ptr<jobs::Queue> queue_;
  std::shared_ptr<JobEvents> events_;
  http::Router router_;
  model::SourceId source_;
};

TEST_F(JobRoutesTest, AJobIsSubmittedShownAndCancelled) {
  const auto made = call(Method::post, "/__api__/jobs", R"({"kind":"verify"})");
  EXPECT_EQ(made.status, 202);
  const auto id = json_of(made)["id"].integer().value_or(0);
  EXPECT_EQ(json_of(call(Method::post, "/__api__/jobs", R"({"kind":"verify"})"))["id"].integer(), id);
  const auto path = "/__api__/jobs/" + std::to_string(id);
  EXPECT_EQ(json_of(call(Method::get, path))["state"].string(), "waiting");
  EXPECT_EQ(json_of(call(Method::del, path))["state"].string(), "cancelled");
  EXPECT_EQ(call(Method::del, path).status, 409);
  EXPECT_EQ(call(Method::get, "/__api__/jobs/4711").status, 404);
  EXPECT_EQ(call(Method::get, "/__api__/jobs/x").status, 404);
  EXPECT_EQ(call(Method::post, "/__api__/jobs", R"({"kind":"dig"})").status, 400);
}

TEST_F(JobRoutesTest, ListsAreFilteredAndPaged) {
  const auto one = std::to_string(submit({.kind = "verify"})) + " ";
  const auto two = std::to_string(submit({.kind = "collect", .source = source_.value})) + " ";
  EXPECT_EQ(ids(""), two + one);
  EXPECT_EQ(ids("?kind=verify"), one);
  EXPECT_EQ(ids("?source=team"), two);
  EXPECT_EQ(ids("?_limit=1"), two);
  EXPECT_EQ(ids("?before=" + two.substr(0, two.size() - 1)), one);
  EXPECT_EQ(ids("?state=running"), "");
  EXPECT_EQ(call(Method::get, "/__api__/jobs?state=lazy").status, 400);
  EXPECT_EQ(call(Method::get, "/__api__/jobs?source=nobody").status, 404);
}

TEST_F(JobRoutesTest, TheLogComesWithTheJob) {
  submit({.kind = "verify"});
  const auto job = lease();
  ASSERT_TRUE(
      queue_->renew(world_.ctx, job.lease(), std::chrono::minutes(1),
                    {jobs::Progress{1, 4, "a quarter"}, {{0, world_.clock->now(), "info", "begun"}}}));
  const auto shown = json_of(call(Method::get, "/__api__/jobs/" + std::to_string(job.id)));
  EXPECT_EQ(shown["done"].integer(), 1);
  EXPECT_EQ(shown["node"].string(), "node-1");
  ASSERT_EQ(shown["log"].items().size(), 1u);
  EXPECT_EQ(shown["log"].items()[0]["line"].string(), "begun");
}

TEST_F(JobRoutesTest, EventsTellLinesAndProgressUntilTheEnd) {
  submit({.kind = "verify"});
  const auto job = lease();
  const auto response = call(Method::get, "/__api__/jobs/" + std::to_string(job.id) + "/events");
  ASSERT_EQ(response.status, 200);
  EXPECT_TRUE(tells(response, "\"done\":0,\"total\":0,"));
  ASSERT_TRUE(queue_->renew(world_.ctx, job.lease(), std::chrono::minutes(1),
                            {jobs::Progress{1, 4, "a quarter"}, {}}));
  EXPECT_TRUE(tells(response, "\"done\":1,\"total\":4,\"message\":\"a quarter\""));
  EXPECT_EQ(text_of(response).find("event: end"), std::string::npos) << "it is told while it runs";
  jobs::Report report{jobs::Progress{4, 4, "verified"}, {{0, world_.clock->now(), "info", "one"}}};
  report.lines.push_back({0, world_.clock->now(), "warn", "two"});
  ASSERT_TRUE(queue_->finish(world_.ctx, job.lease(), jobs::Ending::done, {}, report));
  const auto text = all_of(response);
  const auto one = text.find("event: log\nid: 1\ndata: {\"number\":1,"),
             two = text.find("event: log\nid: 2\n");
  const auto end = text.find("event: end\ndata: {\"id\":");
  EXPECT_LT(one, two);
  EXPECT_LT(two, end);
  EXPECT_NE(text.find("\"state\":\"succeeded\"", end), std::string::npos);
  EXPECT_NE(text.find("\"done\":4,\"total\":4,\"message\":\"verified\"", end), std::string::npos);

  const auto rest = all_of(
      call(Method::get, "/__api__/jobs/" + std::to_string(job.id) + "/events", {}, {{"Last-Event-ID", "1"}}));
  EXPECT_EQ(rest.find("id: 1\n"), std::string::npos);
  EXPECT_NE(rest.find("id: 2\n"), std::string::npos);
}

TEST_F(JobRoutesTest, StreamsAreBoundedAndFreedByReadersThatGo) {
  const auto path = "/__api__/jobs/" + std::to_string(submit({.kind = "verify"})) + "/events";
  std::vector<Response> readers;
  for (std::size_t i = 0; i < JobEvents::kWatchers; ++i) readers.push_back(call(Method::get, path));
  const auto refused = call(Method::get, path).status;
  readers.clear();
  // One round of the thread may hold a reader's file a moment longer.
  int again = 0;
  EXPECT_TRUE(eventually([&] { return (again = call(Method::get, path).status) != 503; }));
  EXPECT_EQ(again, 200);
  EXPECT_EQ(refused, 503);
  const auto last = call(Method::get, path);
  events_->close();
  EXPECT_EQ(all_of(last).find("event: end"), std::string::npos) << "cut short, not over";
  EXPECT_EQ(call(Method::get, path).status, 503);
}

}  // namespace
}  // namespace granary::api
