#include "catalog/catalog.h"

#include "catalog/changing.h"
#include "catalog/reading.h"

namespace granary::catalog {
namespace {

class DatabaseCatalog final : public Catalog {
 public:
  DatabaseCatalog(std::shared_ptr<db::Database> database, std::shared_ptr<const Clock> clock)
      : database_(std::move(database)), clock_(std::move(clock)) {}

  Result<> read(const Context& ctx, const std::function<Result<>(ReadView&)>& work) override {
    return database_->read(ctx, [&](db::Session& session) {
      Reading<ReadView> view(session);
      return work(view);
    });
  }
  Result<> write(const Context& ctx, const std::function<Result<>(WriteView&)>& work) override {
    return database_->write(ctx, [&](db::WriteSession& session) -> Result<> {
      Changing view(session, *clock_);
      TRY(work(view));
      return view.finish();
    });
  }

 private:
  std::shared_ptr<db::Database> database_;
  std::shared_ptr<const Clock> clock_;
};

}  // namespace

std::unique_ptr<Catalog> make_catalog(std::shared_ptr<db::Database> database,
                                      std::shared_ptr<const Clock> clock) {
  return std::make_unique<DatabaseCatalog>(std::move(database), std::move(clock));
}

}  // namespace granary::catalog
