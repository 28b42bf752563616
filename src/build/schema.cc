/// The tables. Expand only: a released migration is never edited.

#include <array>

#include "build/builders.h"

namespace granary::build {
namespace {

// A source takes its builders along, and a builder its builds: also when a node deletes it that knows
// neither.
constexpr std::string_view kInitial = R"sql(
CREATE TABLE git_builders (
  id {id},
  source BIGINT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  name {text} NOT NULL,
  name_key {text} NOT NULL,
  url TEXT NOT NULL,
  branch TEXT NOT NULL,
  build_trigger {text} NOT NULL,
  credential {text} NOT NULL,
  sub_dir TEXT NOT NULL,
  submodules BIGINT NOT NULL,
  clone_depth BIGINT NOT NULL,
  package {text} NOT NULL,
  head {text} NOT NULL,
  problem TEXT NOT NULL,
  looked_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX git_builders_by_name ON git_builders (source, name_key);
CREATE UNIQUE INDEX git_builders_by_package ON git_builders (source, package) WHERE package <> '';
CREATE INDEX git_builders_by_look ON git_builders (looked_at);
CREATE TABLE git_tags (
  builder BIGINT NOT NULL REFERENCES git_builders (id) ON DELETE CASCADE,
  tag {text} NOT NULL,
  commit_sha {text} NOT NULL,
  PRIMARY KEY (builder, tag)
);
CREATE TABLE git_builds (
  id {id},
  builder BIGINT NOT NULL REFERENCES git_builders (id) ON DELETE CASCADE,
  job BIGINT NOT NULL,
  ref TEXT NOT NULL,
  commit_sha {text} NOT NULL,
  state {text} NOT NULL,
  package TEXT NOT NULL,
  version TEXT NOT NULL,
  transaction_number BIGINT NOT NULL,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX git_builds_by_builder ON git_builds (builder, id);
CREATE INDEX git_builds_by_commit ON git_builds (builder, commit_sha);
CREATE TABLE git_built_files (
  build BIGINT NOT NULL REFERENCES git_builds (id) ON DELETE CASCADE,
  filename {text} NOT NULL,
  digest {bytes} NOT NULL,
  PRIMARY KEY (build, filename, digest)
);
CREATE TABLE git_credentials (
  kind {text} NOT NULL,
  name_key {text} NOT NULL,
  name {text} NOT NULL,
  username TEXT NOT NULL,
  secret TEXT NOT NULL,
  passphrase TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name_key)
);
)sql";

// tags_seen: a look knew the tags, even if there were none. building: the job that builds; it holds while it
// runs, so the lease of the job is the lease of the builder.
constexpr std::string_view kOneAtATime = R"sql(
ALTER TABLE git_builders ADD COLUMN tags_seen BIGINT NOT NULL DEFAULT 0;
ALTER TABLE git_builders ADD COLUMN building BIGINT NOT NULL DEFAULT 0;
CREATE INDEX git_builds_that_wait ON git_builds (builder, job) WHERE state = 'waiting';
)sql";

// How much later than the others it is looked at, in microseconds: its repository could not be reached.
constexpr std::string_view kLookPause = R"sql(
ALTER TABLE git_builders ADD COLUMN look_pause BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::array<db::Migration, 3> kMigrations = {
    {{"build.0001", kInitial}, {"build.0002", kOneAtATime}, {"build.0003", kLookPause}}};

}  // namespace

std::span<const db::Migration> migrations() { return kMigrations; }

}  // namespace granary::build
