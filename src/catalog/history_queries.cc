#include "catalog/history_queries.h"

#include <string>

#include "catalog/queries.h"
#include "db/time_column.h"

namespace granary::catalog {
namespace {

using db::from_micros;
using db::Row;
using db::Session;

constexpr std::int64_t kIntervalsPerPage = 5'000;

/// Of every interval, page by page: the index of packages has all that is read.
Result<> for_each_change_ever(Session& session, model::SourceId source, const EachPackageChange& each) {
  std::string package;  // of the last interval seen
  std::int64_t id = 0;
  for (;;) {
    std::string last = package;
    std::int64_t seen = 0;
    TRY(session.query(
        "SELECT package, id, added_in, gone_in FROM files "
        "WHERE source = $1 AND (package, id) > ($2, $3) ORDER BY package, id LIMIT $4",
        {source.value, std::string_view(package), id, kIntervalsPerPage}, [&](const Row& row) -> Result<> {
          last = row.text(0);
          id = row.integer(1);
          ++seen;
          TRY(each({last, {row.integer(2)}, 1}));
          if (row.integer(3) != kStillThere) TRY(each({last, {row.integer(3)}, -1}));
          return {};
        }));
    if (seen < kIntervalsPerPage) return {};
    package = std::move(last);
  }
}

}  // namespace

Result<std::vector<Moment>> read_moments(Session& session, model::SourceId source, model::TxNo from,
                                         std::uint32_t limit) {
  std::vector<Moment> all;
  TRY(
      session.query("SELECT number, at FROM transactions WHERE source = $1 AND number >= $2 "
                    "ORDER BY number LIMIT $3",
                    {source.value, from.value, std::int64_t{limit}}, [&](const Row& row) -> Result<> {
                      all.push_back({{row.integer(0)}, from_micros(row.integer(1))});
                      return {};
                    }));
  return all;
}

Result<> for_each_package_change(Session& session, model::SourceId source, model::TxNo after,
                                 const EachPackageChange& each) {
  if (after.value == 0) return for_each_change_ever(session, source, each);
  return session.query(
      "SELECT package, added_in, 1 FROM files WHERE source = $1 AND added_in > $2 "
      "UNION ALL "
      "SELECT package, gone_in, 0 FROM files WHERE source = $1 AND gone_in > $2 AND gone_in < $3",
      {source.value, after.value, kStillThere}, [&](const Row& row) -> Result<> {
        return each({row.text(0), {row.integer(1)}, row.integer(2) != 0 ? 1 : -1});
      });
}

}  // namespace granary::catalog
