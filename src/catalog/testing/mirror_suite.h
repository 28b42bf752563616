#pragma once
/// What every Catalog keeps of upstreams. Instantiate MirrorSuite with kinds of database.

#include "catalog/mirror_keys.h"
#include "catalog/testing/catalog_suite.h"

namespace granary::catalog::testing {

class MirrorSuite : public CatalogSuite {
 protected:
  void SetUp() override {
    CatalogSuite::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    cran = source("cran", model::SourceType::cran);
  }

  model::TxNo sync(Time affects_from, const std::function<Result<>(MirrorWrites&, model::TxNo)>& work) {
    return write([&](WriteView& v) -> Result<model::TxNo> {
      const auto in = TRY(v.mirroring().begin_sync(cran, model::TxKind::sync, affects_from, "test", ""));
      TRY(work(v.mirroring(), in));
      return in;
    });
  }
  model::TxNo put(const std::string& package, const std::string& bytes) {
    return sync(Time{}, [&](MirrorWrites& m, model::TxNo in) {
      return m.put_record(cran, "src/contrib", package, bytes, in);
    });
  }
  std::string record(const std::string& package, std::optional<model::TxNo> at = {}) {
    return read([&](ReadView& v) -> Result<std::string> {
      const auto found = TRY(v.mirrors().record(cran, "src/contrib", package, at));
      return found ? found->bytes + (found->gone_in ? " gone" : "") : "none";
    });
  }
  std::vector<std::string> records(model::TxNo at) {
    return read([&](ReadView& v) -> Result<std::vector<std::string>> {
      std::vector<std::string> all;
      TRY(v.mirrors().for_each_record(cran, "src/contrib", at, [&](const MirrorRecord& one) -> Result<> {
        all.push_back(one.package + "=" + one.bytes);
        return {};
      }));
      return all;
    });
  }
  std::vector<std::string> changes(model::TxNo after, model::TxNo upto) {
    return read([&](ReadView& v) -> Result<std::vector<std::string>> {
      std::vector<std::string> all;
      TRY(v.mirrors().for_each_change(cran, "src/contrib", after, upto,
                                      [&](const MirrorRecord& one) -> Result<> {
                                        const bool ended = one.gone_in && *one.gone_in <= upto;
                                        all.push_back((ended ? "-" : "+") + one.package + "=" + one.bytes);
                                        return {};
                                      }));
      std::sort(all.begin(), all.end());
      return all;
    });
  }
  std::vector<std::string> names(model::TxNo at) {
    return read([&](ReadView& v) -> Result<std::vector<std::string>> {
      std::vector<std::string> all;
      TRY(v.mirrors().for_each_name(cran, at, [&](const UpstreamName& one) -> Result<> {
        all.push_back(one.name + "@" + std::to_string(one.serial));
        return {};
      }));
      return all;
    });
  }

  model::SourceId cran;
};

TEST_P(MirrorSuite, ARecordIsAnInterval) {
  const auto one = put("demo", "first");
  const auto two = put("demo", "second");
  EXPECT_EQ(record("demo"), "second");
  EXPECT_EQ(record("demo", one), "first gone");
  EXPECT_EQ(record("demo", two), "second");
  EXPECT_EQ(record("other"), "none");
}

TEST_P(MirrorSuite, AtANumberBeforeTheFirstRecordTheFirstIsShown) {
  const auto before = put("other", "x");
  put("demo", "first");
  put("demo", "second");
  EXPECT_EQ(record("demo", before), "first gone");
}

TEST_P(MirrorSuite, AnEndedRecordSaysSo) {
  put("demo", "first");
  sync(Time{},
       [&](MirrorWrites& m, model::TxNo in) { return m.end_record(cran, "src/contrib", "demo", in); });
  EXPECT_EQ(record("demo"), "first gone");
}

TEST_P(MirrorSuite, WhatChangesTwiceInOneTransactionIsOneRecord) {
  const auto in = sync(Time{}, [&](MirrorWrites& m, model::TxNo tx) -> Result<> {
    TRY(m.put_record(cran, "src/contrib", "demo", "a", tx));
    return m.put_record(cran, "src/contrib", "demo", "b", tx);
  });
  EXPECT_THAT(records(in), ElementsAre("demo=b"));
}

TEST_P(MirrorSuite, ChangesBetweenTwoTransactionsLeadFromOneStateToTheOther) {
  const auto one = sync(Time{}, [&](MirrorWrites& m, model::TxNo in) -> Result<> {
    TRY(m.put_record(cran, "src/contrib", "a", "1", in));
    TRY(m.put_record(cran, "src/contrib", "b", "1", in));
    return m.put_record(cran, "src/contrib", "c", "1", in);
  });
  put("a", "2");
  put("a", "3");
  sync(Time{}, [&](MirrorWrites& m, model::TxNo in) { return m.end_record(cran, "src/contrib", "b", in); });
  const auto last = put("d", "1");
  EXPECT_THAT(changes(one, last), ElementsAre("+a=3", "+d=1", "-b=1"));
  EXPECT_THAT(records(last), ElementsAre("a=3", "c=1", "d=1"));
  EXPECT_THAT(changes(last, last), IsEmpty());
}

TEST_P(MirrorSuite, ManyRecordsComeInOrder) {
  const auto in = sync(Time{}, [&](MirrorWrites& m, model::TxNo tx) -> Result<> {
    for (int i = 0; i < 600; ++i)
      TRY(m.put_record(cran, "src/contrib", "p" + std::to_string(1000 + i), "x", tx));
    return m.put_record(cran, "bin/windows/contrib/4.5", "p1000", "x", tx);
  });
  const auto all = records(in);
  EXPECT_EQ(all.size(), 600u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_THAT(read([&](ReadView& v) { return v.mirrors().trees(cran); }),
              ElementsAre("bin/windows/contrib/4.5", "src/contrib"));
}

TEST_P(MirrorSuite, ADayIsThatOfTheLastTransactionThatTouchesIt) {
  const Time first = Time(std::chrono::hours(24 * 100)), second = Time(std::chrono::hours(24 * 200));
  const auto put_at = [&](Time from) {
    return sync(from, [&](MirrorWrites& m, model::TxNo in) {
      return m.put_record(cran, "src/contrib", "a", "1", in);
    });
  };
  const auto one = put_at(Time{});
  const auto two = put_at(second);
  const auto last = [&](Time until) {
    return read([&](ReadView& v) { return v.mirrors().last_affecting(cran, until); });
  };
  EXPECT_EQ(last(first), one);
  EXPECT_EQ(last(second), one);
  EXPECT_EQ(last(second + std::chrono::seconds(1)), two);
}

TEST_P(MirrorSuite, ANumberTakenForARecordIsNoTransaction) {
  const auto before = put("demo", "first");
  const auto taken = write([&](WriteView& v) -> Result<model::TxNo> {
    const auto in = TRY(v.mirroring().take_number());
    TRY(v.mirroring().put_record(cran, "src/contrib", "late", "x", in));
    return in;
  });
  EXPECT_GT(taken, before);
  EXPECT_EQ(read([&](ReadView& v) { return v.resolve(cran, model::Latest{}); }), before);
  EXPECT_EQ(record("late"), "x");
}

TEST_P(MirrorSuite, NamesHaveSerialsWithoutHistory) {
  std::vector<UpstreamName> many;
  for (int i = 0; i < 700; ++i) many.push_back({"n" + std::to_string(1000 + i), "N", 1});
  const auto one = sync(Time{}, [&](MirrorWrites& m, model::TxNo in) { return m.put_names(cran, many, in); });
  EXPECT_EQ(names(one).size(), 700u);
  const auto two = sync(Time{}, [&](MirrorWrites& m, model::TxNo in) -> Result<> {
    TRY(m.put_names(cran, {{"n1000", "N", 9}, {"zeta", "Zeta", 3}}, in));
    return m.end_name(cran, "n1001", in);
  });
  EXPECT_EQ(names(two).size(), 700u);
  EXPECT_EQ(names(two).front(), "n1000@9");
  EXPECT_EQ(names(one).size(), 700u);
  EXPECT_EQ(names(one)[1], "n1001@1");
  EXPECT_FALSE(read([&](ReadView& v) { return v.mirrors().find_name(cran, "n1001"); }));
  EXPECT_EQ(read([&](ReadView& v) { return v.mirrors().find_name(cran, "zeta"); })->shown, "Zeta");
}

TEST_P(MirrorSuite, AHeldFileNamesItsBytes) {
  HeldFile file{.key = "src/contrib/a_1.tar.gz@",
                .blob = sha256(as_bytes("x")),
                .size = 1,
                .md5 = "m",
                .fetched_at = clock->now(),
                .used_at = clock->now()};
  const auto hold = [&](const HeldFile& what) {
    write([&](WriteView& v) -> Result<bool> {
      TRY(v.mirroring().hold(cran, what));
      return true;
    });
  };
  const auto named = [&] { return read([&](ReadView& v) { return v.blob_is_named(file.blob); }); };
  EXPECT_FALSE(named());
  hold(file);
  hold(file);
  EXPECT_TRUE(named());
  EXPECT_EQ(read([&](ReadView& v) { return v.mirrors().held(cran, file.key); })->size, 1u);
  EXPECT_EQ(read([&](ReadView& v) { return v.mirrors().held_files(cran, "", 10); }).size(), 1u);
  write([&](WriteView& v) -> Result<bool> {
    TRY(v.mirroring().forget(cran, file.key));
    return true;
  });
  EXPECT_FALSE(named());
}

TEST_P(MirrorSuite, NothingIsHeldThatTheCollectorTakes) {
  const HeldFile file{.key = "src/contrib/a_1.tar.gz@",
                      .blob = sha256(as_bytes("x")),
                      .size = 1,
                      .md5 = "m",
                      .fetched_at = clock->now(),
                      .used_at = clock->now()};
  const auto removing = write([&](WriteView& v) { return v.begin_removal(std::vector{file.blob}); });
  EXPECT_EQ(refused([&](WriteView& v) { return v.mirroring().hold(cran, file); }).code(), Errc::not_found);
  write([&](WriteView& v) -> Result<bool> {
    TRY(v.stored_again(file.blob, removing.number));
    TRY(v.mirroring().hold(cran, file));
    return true;
  });
  EXPECT_TRUE(read([&](ReadView& v) { return v.blob_is_named(file.blob); }));
}

TEST_P(MirrorSuite, StateIsSetReplacedAndRemoved) {
  const auto set = [&](const std::string& value) {
    write([&](WriteView& v) -> Result<bool> {
      TRY(v.mirroring().set_state(cran, "etag", value));
      return true;
    });
  };
  const auto state = [&] { return read([&](ReadView& v) { return v.mirrors().state(cran, "etag"); }); };
  EXPECT_EQ(state(), "");
  set("a");
  set("b");
  EXPECT_EQ(state(), "b");
  EXPECT_EQ(read([&](ReadView& v) { return v.mirrors().states(cran); }).size(), 1u);
  set("");
  EXPECT_TRUE(read([&](ReadView& v) { return v.mirrors().states(cran); }).empty());
}

TEST_P(MirrorSuite, KnowsWhichMirrorsHaveAPublicPackageOfAName) {
  const auto pypi = source("pypi", model::SourceType::pypi);
  const auto with = [&](model::Ecosystem ecosystem, const std::string& name) {
    return read([&](ReadView& v) { return v.mirrors().mirrors_with(ecosystem, name); });
  };
  using Found = std::vector<model::SourceId>;
  sync(Time{}, [&](MirrorWrites& m, model::TxNo in) -> Result<> {
    TRY(m.put_record(cran, "src/contrib", "demo", "record", in));
    TRY(m.put_record(cran, "bin/windows/contrib/4.5", "binary", "record", in));
    TRY(m.set_state(cran, first_number_key("src/contrib"), "1"));
    return m.put_record(pypi, "", "asked", "record", in);
  });
  EXPECT_EQ(with(model::Ecosystem::r, "demo"), Found{cran});
  EXPECT_EQ(with(model::Ecosystem::r, "binary"), Found{});
  EXPECT_EQ(with(model::Ecosystem::python, "demo"), Found{});
  EXPECT_EQ(with(model::Ecosystem::python, "asked"), Found{pypi});
  sync(Time{}, [&](MirrorWrites& m, model::TxNo in) -> Result<> {
    TRY(m.put_names(pypi, {{"listed", "Listed", 7}, {"short", "short", 8}}, in));
    return m.set_state(pypi, kNamesKnown, "1");
  });
  EXPECT_EQ(with(model::Ecosystem::python, "listed"), Found{pypi});
  EXPECT_EQ(with(model::Ecosystem::python, "asked"), Found{});  // the list does not have it
  sync(Time{}, [&](MirrorWrites& m, model::TxNo in) { return m.end_name(pypi, "listed", in); });
  EXPECT_EQ(with(model::Ecosystem::python, "listed"), Found{});
}

TEST_P(MirrorSuite, UpstreamsAndFrozenDaysAreKept) {
  const auto frozen = source("old", model::SourceType::cran_snapshot);
  const model::Upstream upstream{.url = "http://localhost/cran", .user = "u", .password = "p\"q"};
  write([&](WriteView& v) -> Result<bool> {
    TRY(v.set_upstream(cran, upstream));
    TRY(v.set_frozen(frozen, cran, *parse_day("2020-07-09")));
    return true;
  });
  const auto all = read([&](ReadView& v) { return v.sources(); });
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].upstream, upstream);
  EXPECT_EQ(all[1].frozen_of, cran);
  EXPECT_EQ(all[1].frozen_at, parse_day("2020-07-09"));
}

TEST_P(MirrorSuite, AMirrorIsDeletedWithAllThatItKnows) {
  put("demo", "first");
  write([&](WriteView& v) -> Result<bool> {
    TRY(v.delete_source(cran));
    return true;
  });
  EXPECT_TRUE(read([&](ReadView& v) { return v.sources(); }).empty());
}

TEST_P(MirrorSuite, PinsAreKeptForTheirRepository) {
  const auto id = write([&](WriteView& v) {
    model::Repository repository;
    repository.name = "all";
    return v.create_repository(repository);
  });
  const auto add = [&](const std::string& pins) {
    return catalog->write(ctx, [&](WriteView& v) { return v.add_pinned(id, "0a1b", pins); });
  };
  EXPECT_TRUE(add("1:cran::5x"));
  EXPECT_TRUE(add("1:cran::5x"));
  EXPECT_FALSE(add("1:cran::6x"));
  EXPECT_EQ(read([&](ReadView& v) { return v.find_pinned(id, "0a1b"); }), "1:cran::5x");
  EXPECT_EQ(read([&](ReadView& v) { return v.find_pinned({id.value + 1}, "0a1b"); }), std::nullopt);
}

TEST(ProjectTopics, ReadBackAndAreNoTopicsOfSources) {
  const auto topic = project_topic({7}, "requests");
  const auto parsed = parse_project_topic(topic);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source, model::SourceId{7});
  EXPECT_EQ(parsed->shard, project_shard("requests"));
  EXPECT_FALSE(parse_project_topic(7));
  EXPECT_FALSE(parse_project_topic(0));
  EXPECT_FALSE(parse_project_topic(-3));
}

}  // namespace granary::catalog::testing
