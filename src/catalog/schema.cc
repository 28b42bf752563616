/// The tables. Expand only: a released migration is never edited.

#include <array>

#include "catalog/catalog.h"

namespace granary::catalog {
namespace {

// files: one row per interval [added_in, gone_in); gone_in is the largest number while the file is visible,
// so that one range of one index finds it at any snapshot, and so that UNIQUE allows one visible file of a
// name. Rows stay narrow: metadata text lies in its own table, once per source and content.
constexpr std::string_view kInitial = R"sql(
CREATE TABLE sources (
  id {id},
  name {text} NOT NULL,
  name_key {text} NOT NULL UNIQUE,
  type {text} NOT NULL,
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE repositories (
  id {id},
  name {text} NOT NULL,
  name_key {text} NOT NULL UNIQUE,
  type {text} NOT NULL,
  description TEXT NOT NULL,
  authenticated BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE subscriptions (
  repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  source BIGINT NOT NULL REFERENCES sources (id),
  PRIMARY KEY (repository, position),
  UNIQUE (source, repository)
);
CREATE TABLE transaction_counter (
  only_row BIGINT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL
);
INSERT INTO transaction_counter (only_row, number, at) VALUES (1, 0, 0);
CREATE TABLE transactions (
  source BIGINT NOT NULL REFERENCES sources (id),
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind {text} NOT NULL,
  actor TEXT NOT NULL,
  comment TEXT NOT NULL,
  packages BIGINT NOT NULL,
  PRIMARY KEY (source, number)
);
CREATE INDEX transactions_by_time ON transactions (source, at, number);
CREATE TABLE metadata (
  id {id},
  content {bytes} NOT NULL
);
CREATE TABLE files (
  id {id},
  source BIGINT NOT NULL REFERENCES sources (id),
  package {text} NOT NULL,
  name {text} NOT NULL,
  version {text} NOT NULL,
  filename {text} NOT NULL,
  kind {text} NOT NULL,
  blob_digest {bytes} NOT NULL,
  size BIGINT NOT NULL,
  md5 {text} NOT NULL,
  uploaded_at BIGINT NOT NULL,
  metadata BIGINT,
  metadata_sha256 {bytes},
  requires_python {text} NOT NULL,
  archived BIGINT NOT NULL,
  yanked TEXT,
  added_in BIGINT NOT NULL,
  gone_in BIGINT NOT NULL,
  UNIQUE (source, filename, gone_in)
);
CREATE INDEX files_by_package ON files (source, package, id, added_in, gone_in);
CREATE INDEX files_by_blob ON files (blob_digest);
CREATE INDEX files_by_lower_package ON files (source, lower(package), gone_in);
)sql";

constexpr std::array<db::Migration, 1> kMigrations = {{{"catalog.0001", kInitial}}};

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

}  // namespace granary::catalog
