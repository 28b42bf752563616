#include "db/testing/database_place.h"

#include <unistd.h>

#include <filesystem>

#include "base/testing/missing.h"
#include "db/open.h"
#include "db/testing/postgres_server.h"

namespace granary::db::testing {
namespace {

Result<std::shared_ptr<Database>> shared(Result<std::unique_ptr<Database>> opened) {
  return std::shared_ptr<Database>(TRY(std::move(opened)));
}

class FilePlace final : public DatabasePlace {
 public:
  FilePlace() : folder_(std::filesystem::temp_directory_path() / "granary-db-XXXXXX") {
    if (!::mkdtemp(folder_.data())) ADD_FAILURE() << "cannot make a folder";
  }
  ~FilePlace() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Result<std::shared_ptr<Database>> open() override {
    return shared(open_sqlite({.path = folder_ + "/new/granary.db"}, {}));
  }

 private:
  std::string folder_;
};

class MemoryPlace final : public DatabasePlace {
 public:
  Result<std::shared_ptr<Database>> open() override { return shared(open_sqlite({.path = ":memory:"}, {})); }
};

class PostgresPlace final : public DatabasePlace {
 public:
  explicit PostgresPlace(std::string url) : url_(std::move(url)) {}
  Result<std::shared_ptr<Database>> open() override {
    PostgresOptions options;
    options.url = url_;
    return shared(open_postgres(options, {}));
  }

 private:
  std::string url_;
};

}  // namespace

std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::sqlite_file:
      return "SqliteFile";
    case Kind::sqlite_memory:
      return "SqliteMemory";
    case Kind::postgres:
      return "Postgres";
  }
  return {};
}

bool require_postgres() {
  std::string why;
  if (PostgresServer::shared(&why)) return true;
  granary::missing(why);
  return false;
}

std::unique_ptr<DatabasePlace> make_place(Kind kind) {
  if (kind == Kind::sqlite_file) return std::make_unique<FilePlace>();
  if (kind == Kind::sqlite_memory) return std::make_unique<MemoryPlace>();
  if (!require_postgres()) return nullptr;
  auto url = PostgresServer::shared()->new_schema();
  if (!url) {
    [&] { FAIL() << url.error().message(); }();
    return nullptr;
  }
  return std::make_unique<PostgresPlace>(*std::move(url));
}

}  // namespace granary::db::testing
