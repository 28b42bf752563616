#include "mirror/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "base/compress.h"
#include "base/testing/eventually.h"
#include "blob/testing/failing_store.h"
#include "blob/testing/watched_store.h"
#include "mirror/testing/world.h"
#include "net/testing/fake_http_server.h"

namespace granary::mirror {
namespace {

using net::FakeReply;
using namespace std::chrono_literals;

/// A gzipped file, too long to be waited for.
std::string archive(std::size_t size = 600'000) {
  std::minstd_rand noise(4242);
  std::string bytes;
  while (bytes.size() < size) bytes += static_cast<char>(noise());
  return gzip(bytes);
}

class FilesTest : public World {
 protected:
  void SetUp() override {
    World::SetUp();
    source = make_source("cran", model::SourceType::cran);
    use(server.url());
    restart();
  }
  void use(const std::string& url) {
    upstream::ClientOptions options{.url = url};
    options.retry = {.attempts = 2, .first = 1ms, .longest = 2ms};
    parts.clients = std::make_shared<OneClient>(upstream::make_client(std::move(options), clock).value());
  }
  void restart() { files = std::make_unique<Files>(parts); }

  model::FileRecord record(const std::string& bytes) const {
    model::FileRecord out;
    out.source = source;
    out.package = "a";
    out.filename = "a_1.tar.gz";
    out.size = bytes.size();
    out.md5 = md5_hex(as_bytes(bytes));
    out.origin = model::Origin{{"src/contrib/a_1.tar.gz", "src/contrib/Archive/a/a_1.tar.gz"}, "a_1.tar.gz"};
    return out;
  }
  model::FileRecord with_digest(const std::string& bytes) const {
    auto out = record(bytes);
    out.md5.clear();
    out.blob = sha256(as_bytes(bytes));
    out.origin->digest_known = true;
    return out;
  }

  /// All bytes of the answer, or the error that it ends with.
  Result<std::string> read(const model::FileRecord& what) {
    const auto opened = TRY(files->open(ctx, what));
    return bytes_of(opened);
  }
  static Result<std::string> bytes_of(const Opened& opened) {
    std::string out;
    std::string chunk(1 << 20, '\0');
    if (const auto* whole = std::get_if<std::shared_ptr<const OpenFile>>(&opened.body)) {
      out.resize((*whole)->size);
      EXPECT_EQ(::pread((*whole)->fd.get(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
      return out;
    }
    const auto file = std::get<std::shared_ptr<GrowingFile>>(opened.body);
    GrowingFile::State state;
    while (!(state = file->state()).finished && !state.error) std::this_thread::yield();
    if (state.error) return tl::unexpected(*state.error);
    out.resize(state.size);
    EXPECT_EQ(::pread(file->fd(), out.data(), out.size(), 0), static_cast<ssize_t>(out.size()));
    return out;
  }
  /// Ends when everything that was fetched is stored.
  void settle() {
    while (files->on_the_way() > 0) std::this_thread::yield();
  }

  const std::string path = "/src/contrib/a_1.tar.gz", archived = "/src/contrib/Archive/a/a_1.tar.gz";
  net::FakeHttpServer server;
  model::SourceId source;
  std::unique_ptr<Files> files;
};

TEST_F(FilesTest, ADocumentIsReadWholeBeforeAnybodySeesIt) {
  auto document = record("");
  document.filename = "a_1.whl.provenance";
  document.size = 0;
  document.md5.clear();
  document.origin = model::Origin{{"integrity/a"}, "a.provenance", false, true};
  server.next(FakeReply{.body = "[1, 2"});
  const auto cut = read(document);
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message().find("is no JSON"), std::string::npos) << cut.error().message();
  server.next(FakeReply{.body = "{\"x\":\"" + std::string(9 << 20, 'a') + "\"}"});
  EXPECT_FALSE(read(document));
  server.next(FakeReply{.body = R"({"version":1})"});
  EXPECT_EQ(read(document), R"({"version":1})");
  settle();
  EXPECT_EQ(read(document), R"({"version":1})");
}

TEST_F(FilesTest, WhatIsKeptAheadIsHeldWhenItReturnsAndIsNotFetchedAgain) {
  const auto bytes = archive();
  server.when(path).reply(200, bytes);
  EXPECT_EQ(files->keep(ctx, record(bytes)).value(), bytes.size());
  ASSERT_EQ(held(source).size(), 1u);
  const auto used = held(source).front().used_at;
  clock->advance(std::chrono::hours(48));
  EXPECT_EQ(files->keep(ctx, record(bytes)).value(), std::nullopt);
  EXPECT_EQ(held(source).front().used_at, used) << "nobody has used it";
  EXPECT_EQ(read(record(bytes)).value(), bytes);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FilesTest, WhatCannotBeKeptSaysSo) {
  const auto bytes = archive();
  server.when(path).reply(200, bytes);
  auto other = record(bytes);
  other.md5 = md5_hex(as_bytes(std::string("other")));
  const auto wrong = files->keep(ctx, other);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("MD5"), std::string::npos) << wrong.error().message();
  EXPECT_TRUE(held(source).empty());
  // The bytes came, but the store took none.
  const auto failing = std::make_shared<blob::FailingStore>(*blobs);
  parts.blobs = failing;
  restart();
  failing->fail_at(1);
  EXPECT_FALSE(files->keep(ctx, record(bytes)));
  EXPECT_TRUE(held(source).empty());
}

TEST_F(FilesTest, AFileIsFetchedOnceAndHeldThen) {
  const auto bytes = archive();
  server.when(path).reply(200, bytes);
  EXPECT_EQ(read(record(bytes)).value(), bytes);
  settle();
  const auto again = files->open(ctx, record(bytes)).value();
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<const OpenFile>>(again.body));
  EXPECT_EQ(bytes_of(again).value(), bytes);
  EXPECT_EQ(again.digest, sha256(as_bytes(bytes)));
  EXPECT_EQ(server.requests().size(), 1u);
  ASSERT_EQ(held(source).size(), 1u);
  EXPECT_EQ(held(source)[0].key, "a_1.tar.gz");
  EXPECT_EQ(held(source)[0].md5, md5_hex(as_bytes(bytes)));
}

TEST_F(FilesTest, ManyWhoAskAtOnceCauseOneRequest) {
  const auto bytes = archive();
  server.when(path).reply({.body = bytes, .way = FakeReply::Way::held});
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int i = 0; i < 20; ++i)
    clients.emplace_back([&] { right += read(with_digest(bytes)).value_or("") == bytes; });
  server.release();
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 20);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(FilesTest, BytesAreShownAsTheyArriveButNeverTheLastBeforeTheHashIsRight) {
  const auto bytes = archive();
  server.when(path).reply({.body = bytes, .way = FakeReply::Way::held});
  const auto opened = files->open(ctx, with_digest(bytes)).value();
  const auto file = std::get<std::shared_ptr<GrowingFile>>(opened.body);
  EXPECT_EQ(file->total(), bytes.size());
  EXPECT_FALSE(file->state().finished);
  EXPECT_LT(file->state().size, bytes.size());
  server.release();
  EXPECT_EQ(bytes_of(opened).value(), bytes);
}

TEST_F(FilesTest, AFileThatMovedToTheArchiveIsFoundThere) {
  const auto bytes = archive();
  server.when(archived).reply(200, bytes);
  EXPECT_EQ(read(record(bytes)).value(), bytes);
}

TEST_F(FilesTest, WhatUpstreamDoesNotHaveIsNotFound) {
  EXPECT_EQ(read(record(archive())).error().code(), Errc::not_found);
  EXPECT_EQ(server.requests().size(), 2u);
  EXPECT_NE(state(source, "file.problem"), "") << "it was in the index";
}

TEST_F(FilesTest, OtherBytesOfTheSameLengthBreakOffAndAreNotKept) {
  const auto bytes = archive();
  auto other = bytes;
  other.back() ^= 1;
  server.when(path).reply(200, other);
  for (const auto& wanted : {record(bytes), with_digest(bytes)}) {
    const auto got = read(wanted);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::unavailable);
    settle();
    EXPECT_TRUE(held(source).empty());
  }
  EXPECT_EQ(blobs->count(), 0u);
  EXPECT_NE(state(source, "file.problem").find("sends another 'a_1.tar.gz'"), std::string::npos);
  EXPECT_NE(metrics.render().find("granary_mirror_problems_total{source=\"cran\",what=\"file\"} 2"),
            std::string::npos);
}

TEST_F(FilesTest, AnotherLengthIsRefusedBeforeTheFirstByte) {
  const auto bytes = archive();
  server.when(path).reply(200, bytes + "x");
  EXPECT_EQ(files->open(ctx, record(bytes)).error().code(), Errc::unavailable);
}

TEST_F(FilesTest, AWebPageIsNeverServedAsAPackage) {
  server.when(path).reply({.headers = {{"Content-Type", "text/html"}}, .body = "<html>log in</html>"});
  auto unknown = record("");
  unknown.md5.clear();
  EXPECT_EQ(files->open(ctx, unknown).error().code(), Errc::unavailable);
}

TEST_F(FilesTest, AGzippedFileOfWhichUpstreamSaysNoHashMustAgreeWithItsOwn) {
  auto bytes = archive();
  auto unknown = record(bytes);
  unknown.md5.clear();
  auto damaged = bytes;
  damaged[damaged.size() / 2] ^= 1;
  server.when(path).reply(200, damaged);
  EXPECT_EQ(read(unknown).error().code(), Errc::unavailable);
  settle();
  EXPECT_TRUE(held(source).empty());
  EXPECT_NE(state(source, "file.problem").find("is damaged"), std::string::npos);
  server.when(path).reply(200, bytes);
  EXPECT_EQ(read(unknown).value(), bytes);
}

TEST_F(FilesTest, AFileThatVanishedSinceTheIndexWasReadIsNotedAndAbsent) {
  EXPECT_EQ(files->open(ctx, record(archive())).error().code(), Errc::not_found);
  settle();
  EXPECT_NE(state(source, "file.problem").find("a_1.tar.gz"), std::string::npos);
  EXPECT_NE(metrics.render().find("granary_mirror_problems_total{source=\"cran\",what=\"file\"} 1"),
            std::string::npos);
}

TEST_F(FilesTest, AnEmptyAnswerIsNoFile) {
  server.when(path).reply(200, "");
  auto unknown = record("");
  unknown.md5.clear();
  EXPECT_EQ(files->open(ctx, unknown).error().code(), Errc::unavailable);
}

TEST_F(FilesTest, ABodyThatIsCutIsNeverCompleted) {
  const auto bytes = archive();
  server.when(path).reply({.body = bytes, .way = FakeReply::Way::cut});
  EXPECT_FALSE(read(record(bytes)));
  settle();
  EXPECT_TRUE(held(source).empty());
}

TEST_F(FilesTest, AnUpstreamThatIsDownIsAskedAgainByTheNextClient) {
  const auto bytes = archive(100);
  server.when(path).reply(200, bytes);
  server.fail_next(503, 2);
  EXPECT_EQ(read(record(bytes)).error().code(), Errc::unavailable);
  settle();
  EXPECT_EQ(read(record(bytes)).value(), bytes);
}

TEST_F(FilesTest, AClientThatGoesAwayDoesNotStopTheFetch) {
  const auto bytes = archive();
  server.when(path).reply({.way = FakeReply::Way::silent});
  EXPECT_EQ(files->open(ctx.with_timeout(20ms), record(bytes)).error().code(), Errc::unavailable);
  server.when(path).reply(200, bytes);
  server.release();  // the connection closes, and the download tries again
  EXPECT_TRUE(eventually([&] { return !held(source).empty(); }));
  EXPECT_EQ(held(source).size(), 1u);
}

TEST_F(FilesTest, TheSameBytesOfAnotherSourceAreNotFetched) {
  const auto bytes = archive();
  auto writer = blobs->create(ctx).value();
  ASSERT_TRUE(writer->write(as_bytes(bytes)));
  ASSERT_TRUE(writer->commit({}));
  EXPECT_EQ(read(with_digest(bytes)).value(), bytes);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(held(source).size(), 1u);
}

TEST_F(FilesTest, BytesThatWereLostAreFetchedAgainAndMustBeTheSame) {
  const auto bytes = archive();
  auto unknown = record(bytes);
  unknown.md5.clear();
  server.when(path).reply(200, bytes);
  ASSERT_TRUE(read(unknown));
  settle();
  ASSERT_TRUE(blobs->remove(ctx, sha256(as_bytes(bytes))));

  auto other = bytes;
  other.back() ^= 1;
  server.when(path).reply(200, other);
  EXPECT_EQ(read(unknown).error().code(), Errc::unavailable);
  settle();
  server.when(path).reply(200, bytes);
  EXPECT_EQ(read(unknown).value(), bytes);
}

TEST_F(FilesTest, BytesThatTheCollectorTakesBeforeTheirRowAreStoredAgain) {
  const auto watched = std::make_shared<blob::WatchedStore>(*blobs);
  parts.blobs = watched;
  restart();
  const auto bytes = archive();
  const auto collect = [&] {  // as another node does
    const auto digest = sha256(as_bytes(bytes));
    std::int64_t number = 0;
    EXPECT_TRUE(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      number = TRY(view.begin_removal(std::vector{digest})).number;
      return {};
    }));
    EXPECT_TRUE(blobs->remove(ctx, digest));
    EXPECT_TRUE(parts.catalog->write(
        ctx, [&](catalog::WriteView& view) { return view.end_removal(number, digest, true); }));
  };
  watched->stored = collect;
  server.when(path).reply(200, bytes);
  EXPECT_EQ(read(with_digest(bytes)).value(), bytes);
  settle();
  EXPECT_EQ(held(source).size(), 1u);
  EXPECT_EQ(blobs->count(), 1u);

  const auto other = make_source("other", model::SourceType::cran);
  ASSERT_TRUE(parts.catalog->write(
      ctx, [&](catalog::WriteView& view) { return view.mirroring().forget(source, "a_1.tar.gz"); }));
  source = other;
  watched->found = collect;  // between the question whether they are there, and the row
  EXPECT_EQ(read(with_digest(bytes)).value(), bytes);
  settle();
  EXPECT_EQ(held(other).size(), 1u);
  EXPECT_EQ(blobs->count(), 1u);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(FilesTest, UseIsNotedOnceADay) {
  const auto bytes = archive(100);
  server.when(path).reply(200, bytes);
  ASSERT_TRUE(read(record(bytes)));
  settle();
  const Time first = held(source)[0].used_at;
  clock->advance(23h);
  ASSERT_TRUE(read(record(bytes)));
  EXPECT_EQ(held(source)[0].used_at, first);
  clock->advance(2h);
  ASSERT_TRUE(read(record(bytes)));
  EXPECT_EQ(held(source)[0].used_at, first + 25h);
}

TEST_F(FilesTest, AFullStoreCostsOneMoreFetchAndNoAnswer) {
  const auto bytes = archive();
  server.when(path).reply(200, bytes);
  const auto failing = std::make_shared<blob::FailingStore>(*blobs);
  parts.blobs = failing;
  restart();
  failing->fail_at(1);
  EXPECT_EQ(read(record(bytes)).value(), bytes);
  settle();
  EXPECT_TRUE(held(source).empty());
}

}  // namespace
}  // namespace granary::mirror
