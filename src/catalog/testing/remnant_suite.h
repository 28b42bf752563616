#pragma once
/// How every Catalog deletes a large source. Instantiate RemnantSuite with kinds of database.

#include "catalog/testing/mirror_suite.h"

namespace granary::catalog::testing {

class RemnantSuite : public MirrorSuite {
 protected:
  /// More names than one slice takes, and some of everything else that is kept of a mirror.
  void fill() {
    sync(Time{}, [&](MirrorWrites& m, model::TxNo in) -> Result<> {
      std::vector<UpstreamName> names;
      for (int i = 0; i < 1'500; ++i) names.push_back({"p" + std::to_string(i), "P", i});
      TRY(m.put_names(cran, names, in));
      TRY(m.set_state(cran, kNamesKnown, "1"));
      TRY(m.put_record(cran, "src/contrib", "demo", "one", in));
      return m.hold(cran, held);
    });
    put("demo", "two");
  }
  void remove() {
    write([&](WriteView& v) -> Result<bool> {
      TRY(v.delete_source(cran));
      return true;
    });
  }
  Erased erase(const SlicePlace& from, const SliceSize& size) {
    return write([&](WriteView& v) { return v.erase(cran, from, size); });
  }
  /// Slice by slice: how many it took.
  int erase_all(const SliceSize& size) {
    Erased done;
    for (int slices = 1;; ++slices) {
      done = erase(done.next, size);
      EXPECT_LE(done.rows, size.rows);
      if (done.whole || slices == 5'000) return slices;
    }
  }
  std::vector<model::SourceId> remnants() {
    return read([](ReadView& v) { return v.remnants(); });
  }
  bool is_named(const HeldFile& file) {
    return read([&](ReadView& v) { return v.blob_is_named(file.blob); });
  }
  std::int64_t count(std::string_view sql) {
    std::int64_t number = 0;
    EXPECT_TRUE(database->read(ctx, [&](db::Session& session) -> Result<> {
      return session.query(sql, {}, [&](const db::Row& row) -> Result<> {
        number = row.integer(0);
        return {};
      });
    }));
    return number;
  }
  /// Of every table that knows sources.
  std::int64_t rows() {
    return count(
        "SELECT (SELECT COUNT(*) FROM files) + (SELECT COUNT(*) FROM metadata) "
        "+ (SELECT COUNT(*) FROM mirror_records) + (SELECT COUNT(*) FROM mirror_names) "
        "+ (SELECT COUNT(*) FROM mirror_files) + (SELECT COUNT(*) FROM mirror_state) "
        "+ (SELECT COUNT(*) FROM transactions) + (SELECT COUNT(*) FROM sources)");
  }

  const HeldFile held{"demo.tar.gz", sha256(as_bytes("demo")), 4, "", {}, {}};
};

TEST_P(RemnantSuite, ASmallSourceGoesWithItsDeletion) {
  put("demo", "one");
  remove();
  EXPECT_THAT(remnants(), IsEmpty());
  EXPECT_EQ(rows(), 0);
}

TEST_P(RemnantSuite, ALargeSourceIsGoneAtOnceAndItsRowsFollow) {
  const auto other = source("other", model::SourceType::pypi);
  publish(file(source("own"), "pkg", "pkg_1.0.tar.gz"));
  const auto kept = rows() - 1;  // of the two others
  fill();
  remove();
  EXPECT_THAT(remnants(), ElementsAre(cran));
  EXPECT_EQ(read([](ReadView& v) { return v.sources(); }).size(), 2U);
  EXPECT_FALSE(read([](ReadView& v) { return v.find_source("cran"); }));
  EXPECT_FALSE(read([&](ReadView& v) { return v.find_source(std::to_string(cran.value)); }));
  EXPECT_TRUE(is_named(held)) << "it has a row";

  EXPECT_GT(erase_all({.rows = 100}), 5);
  EXPECT_THAT(remnants(), IsEmpty());
  EXPECT_FALSE(is_named(held));
  EXPECT_EQ(rows(), kept);
  EXPECT_TRUE(read([&](ReadView& v) { return v.find_source(std::to_string(other.value)); }));
}

TEST_P(RemnantSuite, ARemnantTakesNoChanges) {
  fill();
  remove();
  const auto repo = repository("repo");
  const auto code = [&](const std::function<Result<>(WriteView&)>& work) { return refused(work).code(); };
  EXPECT_EQ(code([&](WriteView& v) { return v.delete_source(cran); }), Errc::not_found);
  EXPECT_EQ(code([&](WriteView& v) { return v.update_source(cran, "back", ""); }), Errc::not_found);
  EXPECT_EQ(code([&](WriteView& v) { return v.set_upstream(cran, {}); }), Errc::not_found);
  EXPECT_EQ(code([&](WriteView& v) { return v.set_subscriptions(repo, std::array{cran}); }), Errc::not_found);
  EXPECT_EQ(code([&](WriteView& v) -> Result<> {
              TRY(v.begin_transaction(cran, model::TxKind::add, "ann", ""));
              return {};
            }),
            Errc::not_found);
  EXPECT_EQ(read([](ReadView& v) { return v.mirrors().mirrors_with(model::Ecosystem::r, "demo"); }).size(),
            0U);
}

TEST_P(RemnantSuite, ASourceOfTheSameNameSeesNothingOfTheOldOne) {
  fill();
  remove();
  const auto old = cran;
  cran = source("cran", model::SourceType::cran);
  EXPECT_NE(cran, old);
  EXPECT_EQ(record("demo"), "none");
  EXPECT_THAT(names(put("demo", "new")), IsEmpty());
  EXPECT_EQ(read([&](ReadView& v) { return v.mirrors().state(cran, kNamesKnown); }), "");
  EXPECT_FALSE(read([&](ReadView& v) { return v.mirrors().held(cran, held.key); }));
  const auto renewed = std::exchange(cran, old);
  erase_all({});
  cran = renewed;
  EXPECT_EQ(record("demo"), "new");
}

TEST_P(RemnantSuite, SlicesAreBoundedByBytesAndTakeARowAtLeast) {
  for (const char* package : {"a", "b", "c", "d"}) put(package, std::string(3 << 20, 'x'));
  remove();
  EXPECT_EQ(count("SELECT COUNT(*) FROM mirror_records"), 2) << "the second one passes the bound";
  const auto one = erase({}, {.rows = 1'000, .bytes = 1});
  EXPECT_EQ(one.rows, 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM mirror_records"), 1);
  erase_all({});
  EXPECT_EQ(rows(), 0);
}

TEST_P(RemnantSuite, FilesGoWithTheirMetadata) {
  remove();
  cran = source("own");
  for (const char* name : {"a", "b", "c", "d"})
    publish(file(cran, "pkg", name, name + std::string(3 << 20, 'x')));
  remove();
  EXPECT_EQ(count("SELECT COUNT(*) FROM files"), 2) << "the second one passes the bound";
  EXPECT_EQ(count("SELECT COUNT(*) FROM metadata"), 2);
  erase_all({});
  EXPECT_EQ(rows(), 0);
}

TEST_P(RemnantSuite, WhatComesBehindTheSliceIsFoundInTheEnd) {
  fill();
  remove();
  auto done = erase({}, {.rows = 100});
  ASSERT_FALSE(done.whole);
  write([&](WriteView& v) -> Result<bool> {  // of who read the source before it went
    TRY(v.mirroring().put_names(cran, {{"late", "late", 1}}, {1}));
    return true;
  });
  for (int i = 0; i < 20 && !done.whole; ++i) done = erase(done.next, {.rows = 100});
  EXPECT_EQ(rows(), 0);
  EXPECT_TRUE(erase(done.next, {}).whole) << "another node was faster";
}

TEST_P(RemnantSuite, ItIsASourceOfOnesOwnToVersionsThatKnowNoRemnants) {
  fill();
  write([&](WriteView& v) -> Result<bool> {
    TRY(v.set_upstream(cran, {.url = "http://localhost/"}));
    TRY(v.delete_source(cran));
    return true;
  });
  EXPECT_EQ(count("SELECT COUNT(*) FROM sources WHERE name LIKE '(deleted %)' AND name_key = name AND "
                  "type = 'local' AND options = ''"),
            1);
  ASSERT_TRUE(database->write(ctx, [&](db::WriteSession& session) -> Result<> {  // such a node subscribes
    TRY(
        session.execute("INSERT INTO repositories (name, name_key, type, description, authenticated, "
                        "created_at) VALUES ('r', 'r', 'r', '', 0, 0)",
                        {}));
    TRY(
        session.execute("INSERT INTO subscriptions (repository, position, source) "
                        "SELECT id, 0, $1 FROM repositories",
                        {cran.value}));
    return {};
  }));
  erase_all({});
  EXPECT_EQ(rows(), 0);
}

}  // namespace granary::catalog::testing
