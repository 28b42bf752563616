/// Bodies in both directions: uploads that do not cost memory, downloads that grow.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/growing_file.h"
#include "base/hash.h"
#include "http/testing/server_fixture.h"

namespace granary::http {
namespace {

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * 4096;
}

class UploadTest : public ServerTest {
 protected:
  UploadTest() {
    route(Method::put, "/up", [this](const Context&, const Request& request) -> Result<Response> {
      ++handled;
      Hasher hasher(HashKind::sha256);
      std::uint64_t size = 0;
      in_memory = request.body && request.body->in_memory().has_value();
      if (request.body) {
        auto read = for_each_chunk(*request.body, [&](ByteSpan chunk) -> Result<> {
          hasher.update(chunk);
          size += chunk.size();
          return {};
        });
        if (!read) return tl::unexpected(read.error());
      }
      return bytes_response(200, "text/plain", std::to_string(size) + " " + hex(as_bytes(hasher.finish())));
    });
  }
  static std::string put_head(std::string_view lines) {
    return "PUT /up HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n";
  }
  std::atomic<int> handled{0};
  std::atomic<bool> in_memory{false};
};

TEST_F(UploadTest, ALargeBodyGoesToAFileAndNotToMemory) {
  start();
  RawClient client(port);
  const std::string block(1 << 20, 'x');
  Hasher hasher(HashKind::sha256);
  const auto before = resident_bytes();
  client.send(put_head("Content-Length: " + std::to_string(100 * block.size()) + "\r\n"));
  for (int i = 0; i < 100; ++i) {
    hasher.update(as_bytes(block));
    ASSERT_TRUE(client.send(block));
  }
  const auto answer = client.read();
  const auto after = resident_bytes();
  EXPECT_EQ(answer.body, std::to_string(100 * block.size()) + " " + hex(as_bytes(hasher.finish())));
  EXPECT_FALSE(in_memory);
  EXPECT_LT(after, before + (40 << 20));
}

TEST_F(UploadTest, ALargeChunkedBodyGoesToAFileToo) {
  options.limits.body_in_memory = 1000;
  start();
  RawClient client(port);
  client.send(put_head("Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 300; ++i) client.send("a\r\n0123456789\r\n");
  client.send("0\r\n\r\n");
  EXPECT_TRUE(client.read().body.starts_with("3000 "));
  EXPECT_FALSE(in_memory);
}

TEST_F(UploadTest, ASmallBodyStaysInMemory) {
  start();
  RawClient client(port);
  EXPECT_EQ(client.ask(put_head("Content-Length: 3\r\n") + "abc").status, 200);
  EXPECT_TRUE(in_memory);
}

TEST_F(UploadTest, ContinueIsSaidOnceTheGateHasAgreed) {
  start();
  RawClient client(port);
  client.send(put_head("Content-Length: 3\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("abc").status, 200);
}

TEST_F(UploadTest, ARefusalComesBeforeTheBody) {
  router.set_gate([](const Context&, const RouteSpec&, const Request&) -> Result<> {
    return fail(Errc::unauthenticated, "a token is needed", "send one");
  });
  start();
  RawClient client(port);
  client.send(put_head("Content-Length: 3000000\r\nExpect: 100-continue\r\n"));
  const auto answer = client.read();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("www-authenticate"), "Basic realm=\"granary\"");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(handled, 0);
}

TEST_F(UploadTest, AClientThatSendsAllBeforeItReadsStillSeesTheRefusal) {
  router.set_gate([](const Context&, const RouteSpec&, const Request&) -> Result<> {
    return fail(Errc::permission_denied, "this token may not publish");
  });
  start();
  RawClient client(port);
  const std::string body(20 << 20, 'x');
  ASSERT_TRUE(client.send(put_head("Content-Length: " + std::to_string(body.size()) + "\r\n")));
  ASSERT_TRUE(client.send(body));
  EXPECT_EQ(client.read().status, 403);
  EXPECT_EQ(handled, 0);
}

TEST_F(UploadTest, AChunkedBodyThatGrowsPastMemoryAsksTheGateFirst) {
  options.limits.body_in_memory = 100;
  router.set_gate([](const Context&, const RouteSpec&, const Request&) -> Result<> {
    return fail(Errc::permission_denied, "this token may not publish");
  });
  start();
  RawClient client(port);
  client.send(put_head("Transfer-Encoding: chunked\r\n"));
  client.send("c8\r\n" + std::string(200, 'x') + "\r\n");
  EXPECT_EQ(client.read().status, 403);
}

TEST_F(UploadTest, AChunkedBodyBeyondTheLimitIsRefused) {
  options.limits.body_bytes = 1000;
  start();
  RawClient client(port);
  client.send(put_head("Transfer-Encoding: chunked\r\n"));
  client.send("7d0\r\n" + std::string(2000, 'x') + "\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_EQ(handled, 0);
}

TEST_F(UploadTest, ASpoolThatCannotBeWrittenIsSaidSo) {
  options.spool_directory = "/nonexistent/folder";
  start();
  RawClient client(port);
  const std::string body(1 << 20, 'x');
  client.send(put_head("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  client.send(body);
  const auto answer = client.read();
  EXPECT_GE(answer.status, 500);
  EXPECT_NE(answer.body.find("\"error\""), std::string::npos);
  EXPECT_EQ(handled, 0);
}

TEST_F(UploadTest, AnUploadCutOffIsNeverHandled) {
  start();
  {
    RawClient client(port);
    client.send(put_head("Content-Length: 10\r\n") + "abc");
  }
  RawClient other(port);
  EXPECT_EQ(other.ask(put_head("Content-Length: 1\r\n") + "a").status, 200);
  EXPECT_EQ(handled, 1);
}

class GrowingTest : public ServerTest {
 protected:
  std::shared_ptr<GrowingFile> grow(std::optional<std::uint64_t> total) {
    auto fd = anonymous_file(::testing::TempDir());
    auto file = std::make_shared<GrowingFile>(std::move(*fd), total);
    Response response;
    response.body = GrowingBody{file};
    serve("/f", response);
    return file;
  }
};

TEST_F(GrowingTest, WhatHasComeIsSentBeforeTheEndIsThere) {
  const auto file = grow(std::nullopt);
  start();
  RawClient client(port);
  ASSERT_TRUE(file->append(as_bytes("first")));
  client.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string begun;
  while (begun.find("5\r\nfirst") == std::string::npos) {
    const auto byte = client.take(1);
    ASSERT_FALSE(byte.empty());
    begun += byte;
  }
  EXPECT_NE(begun.find("Transfer-Encoding: chunked"), std::string::npos);
  ASSERT_TRUE(file->append(as_bytes("second")));
  EXPECT_EQ(client.take(11), "\r\n6\r\nsecond");
  file->finish();
  EXPECT_EQ(client.take(7), "\r\n0\r\n\r\n");
}

TEST_F(GrowingTest, AKnownTotalIsSentWithItsLength) {
  const auto file = grow(10);
  start();
  RawClient client(port);
  client.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(file->append(as_bytes("01234")));
  ASSERT_TRUE(file->append(as_bytes("56789")));
  file->finish();
  const auto answer = client.read();
  EXPECT_EQ(answer.header("content-length"), "10");
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(client.get("/f").body, "0123456789");
}

TEST_F(GrowingTest, AnEmptyFileOfUnknownLengthIsWhole) {
  const auto file = grow(std::nullopt);
  file->finish();
  start();
  RawClient client(port);
  const auto answer = client.get("/f");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "");
}

TEST_F(GrowingTest, AnAbandonedFileIsCutAndNeverCompleted) {
  const auto file = grow(std::nullopt);
  start();
  RawClient client(port);
  ASSERT_TRUE(file->append(as_bytes("half")));
  client.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
  file->abandon(Error(Errc::unavailable, "upstream went away", "", "", 0));
  const auto answer = client.read();
  EXPECT_FALSE(answer.complete);
}

TEST_F(GrowingTest, ManyClientsReadOneDownload) {
  const auto file = grow(std::nullopt);
  options.loops = 2;
  start();
  std::vector<std::thread> readers;
  std::atomic<int> right{0};
  const std::string block(100'000, 'b');
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back([&] {
      RawClient client(port);
      const auto answer = client.get("/f");
      right += answer.complete && answer.body.size() == 50 * block.size() ? 1 : 0;
    });
  }
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(file->append(as_bytes(block)));
  file->finish();
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(right, 20);
}

TEST_F(GrowingTest, AClientThatLeavesDoesNotDisturbTheOthers) {
  const auto file = grow(std::nullopt);
  start();
  RawClient stays(port);
  {
    RawClient leaves(port);
    leaves.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(file->append(as_bytes("a")));
    leaves.take(10);
  }
  stays.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(file->append(as_bytes("b")));
  file->finish();
  EXPECT_EQ(stays.read().body, "ab");
}

TEST_F(GrowingTest, HttpOneDotZeroIsDelimitedByTheClose) {
  const auto file = grow(std::nullopt);
  ASSERT_TRUE(file->append(as_bytes("all")));
  file->finish();
  start();
  RawClient client(port);
  const auto answer = client.ask("GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(answer.body, "all");
}

TEST_F(GrowingTest, ClientsThatLeaveDuringAFileDoNoHarm) {
  const auto path = ::testing::TempDir() + "granary_leave_test";
  std::ofstream(path) << std::string(8 << 20, 'f');
  Response response;
  response.body = FileBody{*open_file(path)};
  serve("/f", response);
  start();
  for (int i = 0; i < 20; ++i) {
    RawClient leaves(port);
    leaves.send("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
    leaves.take(1000);
    const linger reset{1, 0};
    ::setsockopt(leaves.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  EXPECT_EQ(RawClient(port).get("/f").body.size(), 8U << 20);
}

TEST_F(GrowingTest, ALargeMemoryBodyReachesASlowClientWhole) {
  serve("/big", bytes_response(200, "text/plain", std::string(30 << 20, 'z')));
  start();
  RawClient client(port);
  client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient other(port);
  EXPECT_EQ(other.get("/none").status, 404);  // the loop is not held up
  EXPECT_EQ(client.read().body.size(), 30U << 20);
}

}  // namespace
}  // namespace granary::http
