#pragma once
/// Values of a result in libpq's binary format.

#include <libpq-fe.h>

#include "db/database.h"

namespace granary::db {

/// Borrows the result.
class PostgresRow final : public Row {
 public:
  explicit PostgresRow(const PGresult* result) : result_(result) {}
  void move_to(int row) noexcept { row_ = row; }

  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  /// Integers of every width, booleans, and NUMERIC (what SUM gives) without its fraction.
  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override { return blob(column); }
  std::string_view blob(int column) const override {
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_ = 0;
};

}  // namespace granary::db
