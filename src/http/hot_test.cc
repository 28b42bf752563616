/// What the event loops answer from memory: fresh, complete, to those who may have it.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/time_text.h"
#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

class HotTest : public ServerTest {
 protected:
  /// Counts the workers' runs; the body says which run made it.
  void serve_hot(std::string_view pattern, bool for_everyone = false) {
    route(Method::get, pattern, [this, for_everyone](const Context&, const Request&) -> Result<Response> {
      const auto fresh = Freshness::observe(generation);
      auto response = bytes_response(200, "text/plain", "run " + std::to_string(++runs));
      response.etag = "\"e" + std::to_string(runs) + "\"";
      response.hot = Response::Hot{fresh, for_everyone};
      return response;
    });
  }
  std::shared_ptr<Generation> generation = std::make_shared<Generation>();
  std::atomic<int> runs{0};
};

TEST_F(HotTest, TheSecondRequestNeedsNoWorker) {
  serve_hot("/a");
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a").body, "run 1");
  const auto second = client.get("/a");
  EXPECT_EQ(second.body, "run 1");
  EXPECT_EQ(second.header("etag"), "\"e1\"");
  EXPECT_EQ(runs, 1);
}

TEST_F(HotTest, AChangeIsSeenByTheVeryNextRequest) {
  serve_hot("/a");
  start();
  RawClient client(port);
  client.get("/a");
  client.get("/a");
  generation->bump();
  EXPECT_EQ(client.get("/a").body, "run 2");
}

TEST_F(HotTest, AnswersThatDependOnNegotiationAreKeptApart) {
  route(Method::get, "/a", [this](const Context&, const Request& request) -> Result<Response> {
    auto response = bytes_response(
        200, "text/plain",
        std::string(request.header("accept")) + "|" + std::string(request.header("accept-encoding")));
    response.hot = Response::Hot{Freshness::observe(generation), false};
    return response;
  });
  start();
  RawClient client(port);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.get("/a", "Accept: x\r\n").body, "x|");
    EXPECT_EQ(client.get("/a", "Accept: y\r\nAccept-Encoding: gzip\r\n").body, "y|gzip");
    EXPECT_EQ(client.get("/a").body, "|");
  }
}

TEST_F(HotTest, ARepeatedHeaderCannotPutAnAnswerUnderAnotherKey) {
  route(Method::get, "/a", [this](const Context&, const Request& request) -> Result<Response> {
    auto response = bytes_response(200, "text/plain", "for " + std::string(request.header("accept")));
    response.hot = Response::Hot{Freshness::observe(generation), false};
    return response;
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a", "Accept:\r\nAccept: y\r\n").body, "for ");
  EXPECT_EQ(client.get("/a", "Accept: y\r\n").body, "for y");
  EXPECT_EQ(client.get("/a", "Accept: z\r\nAccept: y\r\n").body, "for z");
  EXPECT_EQ(client.get("/a", "Accept: z\r\n").body, "for z");
}

TEST_F(HotTest, AnAnswerForOneCredentialIsNotGivenToAnother) {
  route(Method::get, "/a", [this](const Context&, const Request& request) -> Result<Response> {
    ++runs;
    auto response = bytes_response(200, "text/plain", "for " + std::string(request.header("authorization")));
    response.hot = Response::Hot{Freshness::observe(generation), false};
    return response;
  });
  start();
  RawClient client(port);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.get("/a", "Authorization: Bearer one\r\n").body, "for Bearer one");
    EXPECT_EQ(client.get("/a", "Authorization: Bearer two\r\n").body, "for Bearer two");
    EXPECT_EQ(client.get("/a").body, "for ");
  }
  EXPECT_EQ(runs, 3);
}

TEST_F(HotTest, AnAnswerForEveryoneIsSharedByAllCredentials) {
  serve_hot("/a", true);
  start();
  RawClient client(port);
  client.get("/a", "Authorization: Bearer one\r\n");
  client.get("/a", "Authorization: Bearer two\r\n");
  client.get("/a");
  EXPECT_EQ(runs, 1);
}

TEST_F(HotTest, HeadAndConditionsAreAnsweredFromTheSameEntry) {
  serve_hot("/a");
  start();
  RawClient client(port);
  client.get("/a");
  const auto head = client.ask("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_EQ(head.header("content-length"), "5");
  EXPECT_EQ(client.get("/a", "If-None-Match: \"x\", W/\"e1\"\r\n").status, 304);
  EXPECT_EQ(client.get("/a", "If-None-Match: *\r\n").status, 304);
  EXPECT_EQ(client.get("/a", "If-None-Match: \"e2\"\r\n").status, 200);
  EXPECT_EQ(runs, 1);
}

TEST_F(HotTest, PipelinedHotRequestsAreAllAnswered) {
  serve_hot("/a");
  start();
  RawClient client(port);
  client.get("/a");
  std::string many;
  for (int i = 0; i < 500; ++i) many += "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(many);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read().body, "run 1") << i;
}

TEST_F(HotTest, NotFoundAndRedirectsStayHotToo) {
  route(Method::get, "/gone", [this](const Context&, const Request&) -> Result<Response> {
    ++runs;
    auto response = bytes_response(404, "text/plain", "no");
    response.hot = Response::Hot{Freshness::observe(generation), true};
    return response;
  });
  route(Method::get, "/old", [this](const Context&, const Request&) -> Result<Response> {
    ++runs;
    auto response = redirect(301, "/new");
    response.hot = Response::Hot{Freshness::observe(generation), true};
    return response;
  });
  start();
  RawClient client(port);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get("/gone", "If-None-Match: *\r\n").status, 404);
    EXPECT_EQ(client.get("/old").header("location"), "/new");
  }
  EXPECT_EQ(runs, 2);
}

TEST_F(HotTest, TheCacheIsBoundedAndStillRight) {
  options.hot_bytes = 64 * 1024;
  route(Method::get, "/{n}", [this](const Context&, const Request& request) -> Result<Response> {
    auto response =
        bytes_response(200, "text/plain", std::string(request.parameter("n")) + std::string(2000, '.'));
    response.hot = Response::Hot{Freshness::observe(generation), true};
    return response;
  });
  start();
  RawClient client(port);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) {
      const auto name = std::to_string(i);
      ASSERT_EQ(client.get("/" + name).body, name + std::string(2000, '.'));
    }
  }
}

TEST_F(HotTest, ALargeBodyIsWholeEachTimeAndInParts) {
  const auto bytes = std::make_shared<const std::string>(std::string(999'999, 'x') + "end");
  route(Method::get, "/big", [this, bytes](const Context&, const Request&) -> Result<Response> {
    Response response;
    response.body = BytesBody{bytes};
    response.ranges = true;
    response.hot = Response::Hot{Freshness::observe(generation), true};
    return response;
  });
  start();
  RawClient client(port);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get("/big").body, *bytes);
    EXPECT_EQ(client.get("/big", "Range: bytes=-4\r\n").body, "xend");
  }
}

TEST_F(HotTest, AChangeBetweenLookAndAnswerIsNotKept) {
  route(Method::get, "/a", [this](const Context&, const Request&) -> Result<Response> {
    const auto fresh = Freshness::observe(generation);
    auto response = bytes_response(200, "text/plain", "run " + std::to_string(++runs));
    response.hot = Response::Hot{fresh, true};
    if (runs == 1) generation->bump();
    return response;
  });
  start();
  RawClient client(port);
  EXPECT_EQ(client.get("/a").body, "run 1");
  EXPECT_EQ(client.get("/a").body, "run 2");
}

/// Bytes and files answer ranges alike, hot and cold.
class RangeTest : public HotTest, public ::testing::WithParamInterface<bool> {
 protected:
  RangeTest() {
    const auto path = ::testing::TempDir() + "range_test_file";
    std::ofstream(path) << "0123456789";
    auto file = open_file(path);
    route(Method::get, "/f", [this, file = *file](const Context&, const Request&) -> Result<Response> {
      Response response;
      if (GetParam()) {
        response.body = FileBody{file};
      } else {
        response.body = BytesBody{std::make_shared<const std::string>("0123456789")};
      }
      response.with("Content-Type", "application/x");
      response.etag = "\"v1\"";
      response.last_modified = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1);
      response.ranges = true;
      response.hot = Response::Hot{Freshness::observe(generation), true};
      return response;
    });
    start();
  }
};

TEST_P(RangeTest, OneRangeIsAPart) {
  RawClient client(port);
  for (int i = 0; i < 2; ++i) {
    const auto whole = client.get("/f");
    EXPECT_EQ(whole.body, "0123456789");
    EXPECT_EQ(whole.header("accept-ranges"), "bytes");
    const auto part = client.get("/f", "Range: bytes=2-4\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "234");
    EXPECT_EQ(part.header("content-range"), "bytes 2-4/10");
    EXPECT_EQ(part.header("etag"), "\"v1\"");
    EXPECT_EQ(part.header("content-type"), "application/x");
    EXPECT_EQ(client.get("/f", "Range: bytes=7-\r\n").body, "789");
    EXPECT_EQ(client.get("/f", "Range: bytes=-3\r\n").body, "789");
    EXPECT_EQ(client.get("/f", "Range: bytes=-30\r\n").body, "0123456789");
    EXPECT_EQ(client.get("/f", "Range: bytes=8-300\r\n").body, "89");
  }
}

TEST_P(RangeTest, WhatCannotBeSatisfiedSaysHowMuchThereIs) {
  RawClient client(port);
  for (const auto* range : {"Range: bytes=10-\r\n", "Range: bytes=-0\r\n"}) {
    const auto answer = client.get("/f", range);
    EXPECT_EQ(answer.status, 416);
    EXPECT_EQ(answer.header("content-range"), "bytes */10");
  }
}

TEST_P(RangeTest, SeveralRangesAndNonsenseGetTheWhole) {
  RawClient client(port);
  for (const auto* range :
       {"Range: bytes=0-1,3-4\r\n", "Range: bytes=4-2\r\n", "Range: bytes=\r\n", "Range: lines=1-2\r\n",
        "Range: bytes=a-b\r\n", "Range: bytes=-\r\n", "Range: bytes=1\r\n"}) {
    const auto answer = client.get("/f", range);
    EXPECT_EQ(answer.status, 200) << range;
    EXPECT_EQ(answer.body, "0123456789") << range;
  }
}

TEST_P(RangeTest, IfRangeGivesAPartOnlyOfTheSameBytes) {
  RawClient client(port);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-Range: \"v1\"\r\n").status, 206);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-Range: W/\"v1\"\r\n").status, 200);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-Range: \"v2\"\r\n").status, 200);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-Range: Wed, 01 May 2024 00:00:00 GMT\r\n").status, 206);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-Range: Thu, 02 May 2024 00:00:00 GMT\r\n").status, 200);
}

TEST_P(RangeTest, ConditionsComeBeforeRanges) {
  RawClient client(port);
  EXPECT_EQ(client.get("/f", "Range: bytes=0-0\r\nIf-None-Match: \"v1\"\r\n").status, 304);
  EXPECT_EQ(client.get("/f", "If-Modified-Since: Wed, 01 May 2024 00:00:00 GMT\r\n").status, 304);
  EXPECT_EQ(client.get("/f", "If-Modified-Since: Tue, 30 Apr 2024 00:00:00 GMT\r\n").status, 200);
  EXPECT_EQ(client.get("/f", "If-None-Match: \"v2\"\r\nIf-Modified-Since: Wed, 01 May 2024 00:00:00 GMT\r\n")
                .status,
            200);
}

TEST_P(RangeTest, HeadHasTheLengthAndNoBody) {
  RawClient client(port);
  for (int i = 0; i < 2; ++i) {
    const auto head = client.ask("HEAD /f HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n", true);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("content-length"), "10");
    EXPECT_EQ(client.get("/f").body, "0123456789");
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, RangeTest, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "File" : "Bytes"; });

}  // namespace
}  // namespace granary::http
