#pragma once
/// What every Catalog does. Instantiate CatalogSuite with kinds of database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/hash.h"
#include "base/testing/fake_clock.h"
#include "base/testing/test_context.h"
#include "base/time_text.h"
#include "catalog/catalog.h"
#include "db/testing/database_place.h"

namespace granary::catalog::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CatalogSuite : public ::testing::TestWithParam<db::testing::Kind> {
 protected:
  void SetUp() override {
    place = db::testing::make_place(GetParam());
    if (!place) return;
    auto opened = place->open();
    ASSERT_TRUE(opened) << opened.error().message();
    database = *opened;
    ASSERT_TRUE(database->migrate(ctx, migrations()));
    clock = std::make_shared<FakeClock>();
    catalog = make_catalog(database, clock);
  }

  /// The value that `work` gives over a WriteView, or a failed test and a default.
  template <class Work>
  auto write(Work work) {
    typename std::invoke_result_t<Work, WriteView&>::value_type value{};
    const auto done = catalog->write(ctx, [&](WriteView& v) -> Result<> {
      value = TRY(work(v));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message() << ::testing::PrintToString(done.error().notes());
    return value;
  }
  template <class Work>
  auto read(Work work) {
    typename std::invoke_result_t<Work, ReadView&>::value_type value{};
    const auto done = catalog->read(ctx, [&](ReadView& v) -> Result<> {
      value = TRY(work(v));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message() << ::testing::PrintToString(done.error().notes());
    return value;
  }
  /// The error of a write that must fail.
  Error refused(const std::function<Result<>(WriteView&)>& work) {
    const auto done = catalog->write(ctx, work);
    EXPECT_FALSE(done);
    return done ? Error(Errc::internal, "", "", "", 0) : done.error();
  }

  model::SourceId source(const std::string& name, model::SourceType type = model::SourceType::local) {
    model::Source s;
    s.name = name;
    s.type = type;
    s.description = "about " + name;
    return write([&](WriteView& v) { return v.create_source(s); });
  }
  model::RepoId repository(const std::string& name) {
    model::Repository r;
    r.name = name;
    return write([&](WriteView& v) { return v.create_repository(r); });
  }
  static model::FileRecord file(model::SourceId in, const std::string& package, const std::string& filename,
                                const std::string& metadata = "Package: x\n") {
    model::FileRecord f;
    f.source = in;
    f.package = package;
    f.name = package;
    f.version = "1.0";
    f.filename = filename;
    f.blob = sha256(as_bytes(filename));
    f.size = filename.size();
    f.metadata = metadata;
    return f;
  }
  model::TxNo publish(model::FileRecord f, model::TxKind kind = model::TxKind::add) {
    return write([&](WriteView& v) -> Result<model::TxNo> {
      f.added_in = TRY(v.begin_transaction(f.source, kind, "ann", "why"));
      TRY(v.add_file(f));
      return f.added_in;
    });
  }
  model::TxNo remove(model::SourceId in, const std::string& filename) {
    return write([&](WriteView& v) -> Result<model::TxNo> {
      const auto at = TRY(v.resolve(in, model::Latest{}));
      const auto found = TRY(v.find_file(in, at, filename));
      if (!found) return fail(Errc::not_found, "not there");
      const auto tx = TRY(v.begin_transaction(in, model::TxKind::remove, "ann", ""));
      TRY(v.end_file(found->id, tx));
      return tx;
    });
  }
  std::vector<std::string> visible(model::SourceId in, model::TxNo at) {
    return read([&](ReadView& v) -> Result<std::vector<std::string>> {
      std::vector<std::string> names;
      TRY(v.for_each_file(in, at, [&](const model::FileRecord& f) -> Result<> {
        names.push_back(f.filename);
        return {};
      }));
      return names;
    });
  }

  Context ctx = test_context();
  std::unique_ptr<db::testing::DatabasePlace> place;
  std::shared_ptr<db::Database> database;
  std::shared_ptr<FakeClock> clock;
  std::unique_ptr<Catalog> catalog;
};

TEST_P(CatalogSuite, SourcesAreFoundByNameAndById) {
  const auto zeta = source("zeta", model::SourceType::local_python);
  source("Alpha");
  const auto all = read([](ReadView& v) { return v.sources(); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "Alpha");
  EXPECT_EQ(all[1].id, zeta);
  EXPECT_EQ(all[1].type, model::SourceType::local_python);
  EXPECT_EQ(all[1].description, "about zeta");
  EXPECT_EQ(all[1].created_at, clock->now());
  EXPECT_TRUE(read([](ReadView& v) { return v.find_source("zeta"); }));
  EXPECT_EQ(read([&](ReadView& v) { return v.find_source(std::to_string(zeta.value)); })->name, "zeta");
  EXPECT_FALSE(read([](ReadView& v) { return v.find_source("nobody"); }));
  EXPECT_FALSE(read([](ReadView& v) { return v.find_source("99999999999999999999"); }));
}

TEST_P(CatalogSuite, ASourceThatIsBuiltIsALocalOneToVersionsThatKnowNoBuilders) {
  const auto built = source("built", model::SourceType::git);
  const auto python = source("built-py", model::SourceType::git_python);
  EXPECT_EQ(read([](ReadView& v) { return v.find_source("built"); })->type, model::SourceType::git);
  EXPECT_EQ(read([](ReadView& v) { return v.find_source("built-py"); })->type, model::SourceType::git_python);
  std::vector<std::string> stored;
  ASSERT_TRUE(database->read(test_context(), [&](db::Session& session) -> Result<> {
    stored.clear();
    return session.query("SELECT type FROM sources WHERE id = $1 OR id = $2 ORDER BY id",
                         {built.value, python.value}, [&](const db::Row& row) -> Result<> {
                           stored.emplace_back(row.text(0));
                           return {};
                         });
  }));
  EXPECT_EQ(stored, (std::vector<std::string>{"local", "local-python"}));
}

TEST_P(CatalogSuite, NamesThatDifferOnlyByCaseAreTheSame) {
  source("Team");
  repository("Team");  // repositories have names of their own
  model::Source again;
  again.name = "team";
  const auto error = refused([&](WriteView& v) -> Result<> {
    TRY(v.create_source(again));
    return {};
  });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_EQ(error.message(), "a source named 'Team' exists already");
  const auto other = source("other");
  EXPECT_EQ(refused([&](WriteView& v) { return v.update_source(other, "TEAM", ""); }).code(), Errc::conflict);
}

TEST_P(CatalogSuite, ARenameKeepsTheIdAndMayChangeOnlyTheCase) {
  const auto id = source("team");
  write([&](WriteView& v) -> Result<int> {
    TRY(v.update_source(id, "TEAM", "new"));
    return 0;
  });
  const auto found = read([](ReadView& v) { return v.find_source("TEAM"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->description, "new");
  EXPECT_EQ(refused([](WriteView& v) { return v.update_source({999}, "x", ""); }).code(), Errc::not_found);
}

TEST_P(CatalogSuite, SubscriptionsKeepTheirOrder) {
  const auto a = source("a"), b = source("b"), c = source("c");
  const auto repo = repository("repo");
  const auto set = [&](std::vector<model::SourceId> to) {
    write([&](WriteView& v) -> Result<int> {
      TRY(v.set_subscriptions(repo, to));
      return 0;
    });
    return read([](ReadView& v) { return v.find_repository("repo"); })->sources;
  };
  EXPECT_THAT(set({c, a, b}), ElementsAre(c, a, b));
  EXPECT_THAT(set({b, c}), ElementsAre(b, c));
  EXPECT_THAT(read([](ReadView& v) { return v.repositories(); }).front().sources, ElementsAre(b, c));
  EXPECT_EQ(refused([&](WriteView& v) { return v.set_subscriptions(repo, std::array{a, a}); }).code(),
            Errc::invalid_argument);
  EXPECT_EQ(refused([&](WriteView& v) {
              return v.set_subscriptions(repo, std::array{model::SourceId{99}});
            }).code(),
            Errc::not_found);
  EXPECT_THAT(set({}), IsEmpty());
}

TEST_P(CatalogSuite, ARepositoryIsEditedAndDeletedWithItsSubscriptions) {
  const auto a = source("a");
  const auto repo = repository("repo");
  write([&](WriteView& v) -> Result<int> {
    TRY(v.set_subscriptions(repo, std::array{a}));
    auto changed = *TRY(v.find_repository("repo"));
    EXPECT_EQ(changed.downloads, model::Downloads::stream);
    changed.name = "renamed";
    changed.description = "about";
    changed.authenticated = true;
    changed.downloads = model::Downloads::redirect;
    TRY(v.update_repository(changed));
    return 0;
  });
  const auto found = read([](ReadView& v) { return v.find_repository("renamed"); });
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->authenticated);
  EXPECT_EQ(found->description, "about");
  EXPECT_EQ(found->downloads, model::Downloads::redirect);
  EXPECT_EQ(refused([&](WriteView& v) { return v.delete_source(a); }).code(), Errc::conflict);
  write([&](WriteView& v) -> Result<int> {
    TRY(v.delete_repository(repo));
    TRY(v.delete_source(a));
    return 0;
  });
  EXPECT_THAT(read([](ReadView& v) { return v.repositories(); }), IsEmpty());
}

TEST_P(CatalogSuite, AFileComesBackAsItWasRecorded) {
  const auto in = source("python", model::SourceType::local_python);
  auto f = file(in, "foo-bar", "Foo_Bar-1.0-py3-none-any.whl", std::string("Name: Foo\xff\0x\n", 12));
  f.name = "Foo_Bar";
  f.kind = model::FileKind::wheel;
  f.md5 = "d41d8cd98f00b204e9800998ecf8427e";
  f.uploaded_at = clock->now();
  f.metadata_sha256 = sha256(as_bytes(f.metadata));
  f.requires_python = ">=3.8";
  f.archived = true;
  f.yanked = "";
  const auto tx = publish(f);
  const auto found = read([&](ReadView& v) { return v.find_file(in, tx, f.filename); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->package, "foo-bar");
  EXPECT_EQ(found->name, "Foo_Bar");
  EXPECT_EQ(found->kind, model::FileKind::wheel);
  EXPECT_EQ(found->blob, f.blob);
  EXPECT_EQ(found->size, f.size);
  EXPECT_EQ(found->md5, f.md5);
  EXPECT_EQ(found->uploaded_at, f.uploaded_at);
  EXPECT_EQ(found->metadata, f.metadata);
  EXPECT_EQ(found->metadata_sha256, f.metadata_sha256);
  EXPECT_EQ(found->requires_python, ">=3.8");
  EXPECT_TRUE(found->archived);
  EXPECT_EQ(found->yanked, std::optional<std::string>(""));
  EXPECT_EQ(found->added_in, tx);
  EXPECT_FALSE(found->gone_in);
}

TEST_P(CatalogSuite, ANameIsVisibleOnceAtATime) {
  const auto in = source("team");
  publish(file(in, "pkg", "pkg_1.tar.gz"));
  const auto error = refused([&](WriteView& v) -> Result<> {
    auto f = file(in, "pkg", "pkg_1.tar.gz");
    f.added_in = TRY(v.begin_transaction(in, model::TxKind::add, "", ""));
    TRY(v.add_file(f));
    return {};
  });
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_EQ(read([&](ReadView& v) { return v.resolve(in, model::Latest{}); }).value, 1);
  publish(file(source("other"), "pkg", "pkg_1.tar.gz"));
}

TEST_P(CatalogSuite, NumbersCountOverTheWholeServerAndResolvePerSource) {
  const auto a = source("a"), b = source("b");
  EXPECT_EQ(publish(file(a, "x", "x_1")).value, 1);
  EXPECT_EQ(publish(file(b, "x", "x_1")).value, 2);
  EXPECT_EQ(publish(file(a, "x", "x_2")).value, 3);
  const auto at = [&](model::SourceId in, model::SnapshotRef ref) {
    return read([&](ReadView& v) { return v.resolve(in, ref); }).value;
  };
  EXPECT_EQ(at(a, model::Latest{}), 3);
  EXPECT_EQ(at(b, model::Latest{}), 2);
  EXPECT_EQ(at(a, model::TxNo{2}), 1);
  EXPECT_EQ(at(b, model::TxNo{1}), 0);
  EXPECT_EQ(at(b, model::TxNo{1'000}), 2);
  EXPECT_EQ(read([](ReadView& v) { return v.find_source("a"); })->last_tx.value, 3);
}

TEST_P(CatalogSuite, ADayShowsTheStateAtItsEndInUtc) {
  const auto in = source("a");
  const auto day = [](const char* text) { return model::AsOf{*parse_day(text)}; };
  clock->set(Time(*parse_day("2024-05-01")) + std::chrono::hours(24) - std::chrono::microseconds(1));
  const auto last_of_day = publish(file(in, "x", "x_1"));
  clock->advance(std::chrono::microseconds(1));
  const auto first_of_next = publish(file(in, "x", "x_2"));
  const auto at = [&](model::AsOf ref) { return read([&](ReadView& v) { return v.resolve(in, ref); }); };
  EXPECT_EQ(at(day("2024-04-30")).value, 0);
  EXPECT_EQ(at(day("2024-05-01")), last_of_day);
  EXPECT_EQ(at(day("2024-05-02")), first_of_next);
  EXPECT_EQ(at(day("2999-12-31")), first_of_next);
}

TEST_P(CatalogSuite, TimeNeverGoesBackFromOneNumberToTheNext) {
  const auto in = source("a");
  publish(file(in, "x", "x_1"));
  const auto before = clock->now();
  clock->advance(-std::chrono::hours(48));
  publish(file(in, "x", "x_2"));
  const auto all = read([&](ReadView& v) { return v.transactions(in, {}, 10); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].number.value, 2);
  EXPECT_EQ(all[0].at, before);
}

TEST_P(CatalogSuite, TransactionsPageDownAndCountTheirFiles) {
  const auto in = source("a");
  write([&](WriteView& v) -> Result<int> {
    const auto tx = TRY(v.begin_transaction(in, model::TxKind::add, "ann", "three"));
    for (const auto* name : {"a_1", "b_1", "c_1"}) {
      auto f = file(in, std::string(1, *name), name);
      f.added_in = tx;
      TRY(v.add_file(f));
    }
    return 0;
  });
  write([&](WriteView& v) -> Result<int> {  // a yank: one file, two intervals
    auto f = *TRY(v.find_file(in, {1}, "a_1"));
    f.added_in = TRY(v.begin_transaction(in, model::TxKind::yank, "bob", ""));
    TRY(v.end_file(f.id, f.added_in));
    f.yanked = "broken";
    TRY(v.add_file(f));
    return 0;
  });
  const auto newest = read([&](ReadView& v) { return v.transactions(in, {}, 1); });
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].kind, model::TxKind::yank);
  EXPECT_EQ(newest[0].actor, "bob");
  EXPECT_EQ(newest[0].packages, 1);
  const auto older = read([&](ReadView& v) { return v.transactions(in, newest[0].number, 5); });
  ASSERT_EQ(older.size(), 1u);
  EXPECT_EQ(older[0].packages, 3);
  EXPECT_EQ(older[0].comment, "three");
  EXPECT_FALSE(read([&](ReadView& v) { return v.find_file(in, {1}, "a_1"); })->yanked);
  EXPECT_EQ(read([&](ReadView& v) { return v.find_file(in, {2}, "a_1"); })->yanked,
            std::optional<std::string>("broken"));
}

TEST_P(CatalogSuite, WhatCameAndWentInOneTransactionWasNeverThere) {
  const auto in = source("a");
  write([&](WriteView& v) -> Result<int> {
    auto f = file(in, "x", "x_1");
    f.added_in = TRY(v.begin_transaction(in, model::TxKind::add, "", ""));
    TRY(v.end_file(TRY(v.add_file(f)), f.added_in));
    TRY(v.end_file(TRY(v.add_file(f)), f.added_in));
    return 0;
  });
  EXPECT_THAT(visible(in, {1}), IsEmpty());
  EXPECT_FALSE(read([&](ReadView& v) { return v.blob_is_named(file(in, "x", "x_1").blob); }));
}

TEST_P(CatalogSuite, PackagesPageByName) {
  const auto in = source("a");
  for (const auto* name : {"b", "a", "B", "a.b", "c"}) publish(file(in, name, std::string(name) + "_1"));
  publish(file(in, "a", "a_2"));
  const auto gone = remove(in, "c_1");
  const auto page = [&](model::TxNo at, std::string after, std::uint32_t limit) {
    return read([&](ReadView& v) { return v.packages(in, at, {.after = after, .limit = limit}); });
  };
  EXPECT_THAT(page(gone, "", 2), ElementsAre("B", "a"));
  EXPECT_THAT(page(gone, "a", 2), ElementsAre("a.b", "b"));
  EXPECT_THAT(page(gone, "b", 2), IsEmpty());
  EXPECT_THAT(page({2}, "", 100), ElementsAre("a", "b"));
  EXPECT_TRUE(read([&](ReadView& v) { return v.has_package(in, {5}, "c"); }));
  EXPECT_FALSE(read([&](ReadView& v) { return v.has_package(in, gone, "c"); }));
}

TEST_P(CatalogSuite, EveryFileComesOnceInOrderAcrossPages) {
  const auto in = source("a");
  constexpr int kFiles = 700;  // more than two pages
  write([&](WriteView& v) -> Result<int> {
    const auto tx = TRY(v.begin_transaction(in, model::TxKind::add, "", ""));
    for (int i = 0; i < kFiles; ++i) {
      auto f = file(in, "p" + std::to_string(i % 3), "f" + std::to_string(i), i % 2 == 0 ? "" : "text");
      f.added_in = tx;
      TRY(v.add_file(f));
    }
    return 0;
  });
  std::vector<std::pair<std::string, std::int64_t>> seen;
  read([&](ReadView& v) -> Result<int> {
    TRY(v.for_each_file(in, {1}, [&](const model::FileRecord& f) -> Result<> {
      seen.emplace_back(f.package, f.id.value);
      return {};
    }));
    return 0;
  });
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kFiles));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), seen.size());
}

TEST_P(CatalogSuite, NoRowNamesWhatTheCollectorTakesUntilItWasStoredAgain) {
  const auto in = source("a");
  const auto kept = file(in, "kept", "kept_1");
  publish(kept);
  const auto f = file(in, "x", "x_1");
  const auto mark = [&] {
    return write([&](WriteView& v) { return v.begin_removal(std::vector{kept.blob, f.blob}); });
  };
  const auto add = [&](WriteView& v) -> Result<> {
    auto named = f;
    named.added_in = TRY(v.begin_transaction(in, model::TxKind::add, "me", ""));
    TRY(v.add_file(named));
    return {};
  };
  const auto removing = mark();
  EXPECT_THAT(removing.blobs, ElementsAre(f.blob));
  EXPECT_THAT(mark().blobs, IsEmpty()) << "one collector at a time";
  EXPECT_EQ(refused(add).code(), Errc::not_found);
  EXPECT_FALSE(read([&](ReadView& v) { return v.removal(f.blob); })->ended);

  write([&](WriteView& v) -> Result<int> {
    TRY(v.end_removal(removing.number, f.blob, true));
    return 0;
  });
  EXPECT_EQ(refused(add).code(), Errc::not_found);
  const auto ended = *read([&](ReadView& v) { return v.removal(f.blob); });
  EXPECT_TRUE(ended.ended);
  const auto again = mark();
  EXPECT_THAT(again.blobs, ElementsAre(f.blob)) << "stored again, and not named";
  EXPECT_EQ(refused([&](WriteView& v) -> Result<> {
              TRY(v.stored_again(f.blob, ended.number));
              return add(v);
            }).code(),
            Errc::not_found)
      << "that was another removal";
  write([&](WriteView& v) -> Result<int> {
    TRY(v.end_removal(again.number, f.blob, true));
    TRY(v.stored_again(f.blob, again.number));
    TRY(add(v));
    return 0;
  });
  EXPECT_FALSE(read([&](ReadView& v) { return v.removal(f.blob); }));
  EXPECT_THAT(mark().blobs, IsEmpty());
}

TEST_P(CatalogSuite, ARemovalThatTookNothingLeavesNoMarkAndOldMarksAreForgotten) {
  const auto blob = sha256(as_bytes("garbage"));
  const auto mark = [&] { return write([&](WriteView& v) { return v.begin_removal(std::vector{blob}); }); };
  write([&, number = mark().number](WriteView& v) -> Result<int> {
    TRY(v.end_removal(number, blob, false));
    return 0;
  });
  EXPECT_FALSE(read([&](ReadView& v) { return v.removal(blob); }));
  EXPECT_THAT(mark().blobs, ElementsAre(blob));
  for (const auto later : {std::chrono::seconds(0), std::chrono::seconds(1)}) {
    write([&](WriteView& v) -> Result<int> {
      TRY(v.forget_removals(clock->now() + later));
      return 0;
    });
    EXPECT_EQ(read([&](ReadView& v) { return v.removal(blob); }).has_value(), later.count() == 0);
  }
}

TEST_P(CatalogSuite, AnEndedIntervalStillNamesItsBlob) {
  const auto in = source("a");
  const auto f = file(in, "x", "x_1");
  publish(f);
  const auto gone = remove(in, "x_1");
  EXPECT_TRUE(read([&](ReadView& v) { return v.blob_is_named(f.blob); }));
  EXPECT_FALSE(read([&](ReadView& v) { return v.blob_is_named(Digest{}); }));
  std::vector<model::FileRecord> all;
  read([&](ReadView& v) -> Result<int> {
    TRY(v.for_each_interval([&](const model::FileRecord& each) -> Result<> {
      all.push_back(each);
      return {};
    }));
    return 0;
  });
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].gone_in, std::optional(gone));
}

TEST_P(CatalogSuite, AFileEndsOnce) {
  const auto in = source("a");
  const auto tx = publish(file(in, "x", "x_1"));
  const auto id = read([&](ReadView& v) { return v.find_file(in, tx, "x_1"); })->id;
  remove(in, "x_1");
  EXPECT_EQ(refused([&](WriteView& v) -> Result<> {
              return v.end_file(id, TRY(v.begin_transaction(in, model::TxKind::remove, "", "")));
            }).code(),
            Errc::conflict);
}

TEST_P(CatalogSuite, DeletingASourceTakesItsHistoryAndNothingElse) {
  const auto a = source("a"), b = source("b");
  publish(file(a, "x", "x_1"));
  const auto kept = publish(file(b, "x", "x_1"));
  write([&](WriteView& v) -> Result<int> {
    TRY(v.delete_source(a));
    return 0;
  });
  EXPECT_FALSE(read([](ReadView& v) { return v.find_source("a"); }));
  EXPECT_THAT(visible(a, kept), IsEmpty());
  EXPECT_THAT(visible(b, kept), ElementsAre("x_1"));
  EXPECT_THAT(read([&](ReadView& v) { return v.transactions(a, {}, 9); }), IsEmpty());
  EXPECT_GT(source("a"), b);  // an id is never given again
  EXPECT_GT(publish(file(b, "x", "x_2")), kept);
}

TEST_P(CatalogSuite, ATransactionNeedsItsSource) {
  const auto error = refused([](WriteView& v) -> Result<> {
    TRY(v.begin_transaction({42}, model::TxKind::add, "", ""));
    return {};
  });
  EXPECT_EQ(error.code(), Errc::not_found);
}

TEST_P(CatalogSuite, ChangesAreAnnouncedUnderTheRightTopic) {
  std::mutex mutex;
  std::vector<std::int64_t> heard;
  database->on_change([&](std::span<const std::int64_t> topics) {
    const std::lock_guard lock(mutex);
    heard.insert(heard.end(), topics.begin(), topics.end());
  });
  const auto taken = [&] {
    const std::lock_guard lock(mutex);
    return std::exchange(heard, {});
  };
  const auto in = source("a");
  EXPECT_THAT(taken(), ElementsAre(kConfigurationTopic));
  publish(file(in, "x", "x_1"));
  EXPECT_THAT(taken(), ElementsAre(in.value, project_topic(in, "x")));
  remove(in, "x_1");
  EXPECT_THAT(taken(), ElementsAre(in.value, project_topic(in, "x")));
  const auto repo = repository("r");
  EXPECT_THAT(taken(), ElementsAre(kConfigurationTopic));
  write([&](WriteView& v) -> Result<int> {
    TRY(v.set_subscriptions(repo, std::array{in}));
    return 0;
  });
  EXPECT_THAT(taken(), ElementsAre(kConfigurationTopic));
}

TEST_P(CatalogSuite, ManyWritersGetEveryNumberOnce) {
  const auto in = source("a");
  constexpr int kThreads = 8, kEach = 10;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) publish(file(in, "x", std::to_string(t) + "_" + std::to_string(i)));
      });
    }
  }
  const auto all = read([&](ReadView& v) { return v.transactions(in, {}, 1'000); });
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
  for (std::size_t i = 0; i < all.size(); ++i)
    ASSERT_EQ(all[i].number.value, static_cast<std::int64_t>(all.size() - i));
  EXPECT_EQ(visible(in, all.front().number).size(), all.size());
}

/// Against a model that keeps every state whole: after each change, every past number answers as it always
/// did.
TEST_P(CatalogSuite, EveryPastNumberKeepsAnsweringTheSame) {
  const std::array sources = {source("a"), source("b")};
  std::mt19937 random(20240501);                     // the same run each time
  using State = std::map<std::string, std::string>;  // file name to version
  std::map<model::SourceId, State> now;
  std::map<model::SourceId, std::map<std::int64_t, State>> history;
  constexpr int kChanges = 60;
  for (int change = 0; change < kChanges; ++change) {
    const auto in = sources[random() % sources.size()];
    State& state = now[in];
    const auto tx = write([&](WriteView& v) -> Result<model::TxNo> {
      auto next = now[in];
      const auto at = TRY(v.resolve(in, model::Latest{}));
      const auto number = TRY(v.begin_transaction(in, model::TxKind::replace, "", ""));
      for (unsigned i = 0, some = 1 + random() % 4; i < some; ++i) {
        const std::string package(1, static_cast<char>('a' + random() % 4));
        const auto name = package + "_" + std::to_string(random() % 3);
        const auto was = TRY(v.find_file(in, number, name));
        EXPECT_EQ(was.has_value(), next.contains(name));
        if (was) TRY(v.end_file(was->id, number));
        next.erase(name);
        if (random() % 3 == 0) continue;
        auto f = file(in, package, name);
        f.version = std::to_string(change) + "." + std::to_string(i);
        f.added_in = number;
        TRY(v.add_file(f));
        next[name] = f.version;
      }
      EXPECT_LT(at, number);
      state = next;
      return number;
    });
    history[in][tx.value] = state;
  }
  for (const auto in : sources) {
    for (const auto& [number, expected] : history[in]) {
      const model::TxNo at{number};
      State all, by_package, by_name;
      std::set<std::string> packages;
      for (const auto& [name, version] : expected) packages.insert(name.substr(0, 1));
      read([&](ReadView& v) -> Result<int> {
        TRY(v.for_each_file(in, at, [&](const model::FileRecord& f) -> Result<> {
          all[f.filename] = f.version;
          return {};
        }));
        const auto listed = TRY(v.packages(in, at, {}));
        EXPECT_EQ(std::set(listed.begin(), listed.end()), packages);
        for (const auto& package : listed) {
          for (const auto& f : TRY(v.files(in, at, package))) by_package[f.filename] = f.version;
        }
        for (const char p : {'a', 'b', 'c', 'd'}) {
          for (const char n : {'0', '1', '2'}) {
            const auto name = std::string(1, p) + "_" + n;
            if (const auto f = TRY(v.find_file(in, at, name))) by_name[name] = f->version;
          }
        }
        return 0;
      });
      ASSERT_EQ(all, expected) << number;
      ASSERT_EQ(by_package, expected) << number;
      ASSERT_EQ(by_name, expected) << number;
    }
  }
}

}  // namespace granary::catalog::testing
