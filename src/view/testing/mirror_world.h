#pragma once
/// A world with a mirror of CRAN, in a repository of its own.

#include <map>

#include "r/history.h"
#include "view/testing/world.h"

namespace granary::view {

class MirrorWorld : public World {
 public:
  MirrorWorld() : cran(source("cran", model::SourceType::cran)) { repository("cran", {cran}); }

  /// Upstream published a version on that day; every earlier one is in Archive.
  model::TxNo publish_upstream(const std::string& package, const std::string& version,
                               std::chrono::sys_days day, bool described = true) {
    r::HistoryVersion one;
    one.version = version;
    one.published = Time(day) + std::chrono::hours(12);
    one.md5 = "0123456789abcdef0123456789abcdef";
    if (described) one.stanza = "Package: " + package + "\nVersion: " + version + "\n";
    histories_[package].package = package;
    histories_[package].versions.push_back(one);
    return put(package, one.published);
  }
  model::TxNo withdraw(const std::string& package, std::chrono::sys_days day) {
    histories_[package].withdrawals.push_back({"", Time(day), std::nullopt});
    return put(package, Time(day));
  }

  /// What its last undescribed version needed was read; 0 when there is none.
  model::TxNo describe(const std::string& package) {
    auto& versions = histories_[package].versions;
    for (auto one = versions.rbegin(); one != versions.rend(); ++one) {
      if (!one->stanza.empty()) continue;
      one->stanza = "Package: " + package + "\nVersion: " + one->version + "\nImports: more\n";
      return put(package, one->published);
    }
    return {};
  }

  model::SourceId cran;

 private:
  model::TxNo put(const std::string& package, Time from) {
    model::TxNo number;
    const auto done = catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
      auto& mirror = view.mirroring();
      number = TRY(mirror.begin_sync(cran, model::TxKind::sync, from, "test", ""));
      return mirror.put_record(cran, "src/contrib", package, r::encode(histories_[package]), number);
    });
    EXPECT_TRUE(done) << done.error().message();
    return number;
  }
  std::map<std::string, r::PackageHistory> histories_;
};

}  // namespace granary::view
