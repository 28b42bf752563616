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

// mirror_records: one row per state of a mirrored package. mirror_names: the list of projects; a serial is
// not history. transactions.affects_from: the first moment of upstream's history that a synchronisation
// touches.
constexpr std::string_view kMirrors = R"sql(
ALTER TABLE sources ADD COLUMN options TEXT NOT NULL DEFAULT '';
ALTER TABLE transactions ADD COLUMN affects_from BIGINT NOT NULL DEFAULT 0;
CREATE TABLE mirror_records (
  id {id},
  source BIGINT NOT NULL REFERENCES sources (id),
  tree {text} NOT NULL,
  package {text} NOT NULL,
  added_in BIGINT NOT NULL,
  gone_in BIGINT NOT NULL,
  record {bytes} NOT NULL,
  UNIQUE (source, tree, package, gone_in)
);
CREATE INDEX mirror_records_by_start ON mirror_records (source, tree, added_in);
CREATE INDEX mirror_records_by_end ON mirror_records (source, tree, gone_in);
CREATE TABLE mirror_names (
  source BIGINT NOT NULL REFERENCES sources (id),
  name {text} NOT NULL,
  shown {text} NOT NULL,
  serial BIGINT NOT NULL,
  added_in BIGINT NOT NULL,
  gone_in BIGINT NOT NULL,
  PRIMARY KEY (source, name, gone_in)
);
CREATE TABLE mirror_files (
  source BIGINT NOT NULL REFERENCES sources (id),
  key {text} NOT NULL,
  blob_digest {bytes} NOT NULL,
  size BIGINT NOT NULL,
  md5 {text} NOT NULL,
  fetched_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (source, key)
);
CREATE INDEX mirror_files_by_blob ON mirror_files (blob_digest);
CREATE TABLE mirror_state (
  source BIGINT NOT NULL REFERENCES sources (id),
  key {text} NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (source, key)
);
CREATE TABLE pinned_snapshots (
  repository BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
  id {text} NOT NULL,
  pins {text} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (repository, id)
);
)sql";

constexpr std::string_view kDownloads = R"sql(
ALTER TABLE repositories ADD COLUMN downloads TEXT NOT NULL DEFAULT 'stream';
)sql";

// What a node asks for that has the history of a source in memory and hears of a newer transaction.
constexpr std::string_view kChanges = R"sql(
CREATE INDEX files_by_start ON files (source, added_in, package);
CREATE INDEX files_by_end ON files (source, gone_in, package);
)sql";

// Contents that no row may name: see catalog/removals.h. `at` is when the mark was made, to forget it by.
constexpr std::string_view kRemovals = R"sql(
CREATE TABLE blob_removals (
  blob_digest {bytes} NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  at BIGINT NOT NULL
);
)sql";

// Not 0: a remnant, see catalog/remnants.h.
constexpr std::string_view kRemnants = R"sql(
ALTER TABLE sources ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::array<db::Migration, 6> kMigrations = {{{"catalog.0001", kInitial},
                                                       {"catalog.0002", kMirrors},
                                                       {"catalog.0003", kDownloads},
                                                       {"catalog.0004", kChanges},
                                                       {"catalog.0005", kRemovals},
                                                       {"catalog.0006", kRemnants}}};

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

}  // namespace granary::catalog
