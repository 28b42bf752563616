#include "view/testing/world.h"

#include "base/hash.h"
#include "db/open.h"

namespace granary::view {

World::World(std::size_t cache_bytes) {
  auto opened = db::open_sqlite({.path = ":memory:"}, {});
  if (!opened) {
    ADD_FAILURE() << opened.error().message();
    return;
  }
  database = std::move(*opened);
  if (const auto done = database->migrate(ctx, catalog::migrations()); !done)
    ADD_FAILURE() << done.error().message();
  catalog = catalog::make_catalog(database, clock);
  views = make_views(catalog, *database, clock, cache_bytes);
}

Result<> World::write(const std::function<Result<>(catalog::WriteView&)>& work) {
  auto done = catalog->write(ctx, work);
  if (!done) ADD_FAILURE() << done.error().message();
  return done;
}

model::SourceId World::source(std::string_view name, model::SourceType type) {
  model::SourceId id;
  (void)write([&](catalog::WriteView& view) -> Result<> {
    model::Source source;
    source.name = name;
    source.type = type;
    id = TRY(view.create_source(source));
    return {};
  });
  return id;
}

model::RepoId World::repository(std::string_view name, const std::vector<model::SourceId>& sources,
                                model::Ecosystem type, bool authenticated) {
  model::RepoId id;
  (void)write([&](catalog::WriteView& view) -> Result<> {
    model::Repository repository;
    repository.name = name;
    repository.type = type;
    repository.authenticated = authenticated;
    id = TRY(view.create_repository(repository));
    return view.set_subscriptions(id, sources);
  });
  return id;
}

void World::subscribe(model::RepoId id, const std::vector<model::SourceId>& sources) {
  (void)write([&](catalog::WriteView& view) { return view.set_subscriptions(id, sources); });
}

void World::remove_repository(model::RepoId id) {
  (void)write([&](catalog::WriteView& view) { return view.delete_repository(id); });
}

model::TxNo World::publish(model::SourceId source, const std::string& package, const std::string& version,
                           const std::string& more, const Digest& blob, std::uint64_t size) {
  model::FileRecord file;
  file.source = source;
  file.package = file.name = package;
  file.version = version;
  file.filename = package + "_" + version + ".tar.gz";
  file.blob = blob;
  file.size = size;
  file.md5 = md5_hex(as_bytes(file.filename));
  file.metadata = "Package: " + package + "\nVersion: " + version + "\nTitle: About " + package +
                  "\nLicense: GPL-3\nNeedsCompilation: no\n" + more;
  return add(std::move(file));
}

model::TxNo World::add(model::FileRecord file) {
  file.uploaded_at = clock->now();
  model::TxNo number;
  (void)write([&](catalog::WriteView& view) -> Result<> {
    number = file.added_in = TRY(view.begin_transaction(file.source, model::TxKind::add, "test", ""));
    TRY(view.add_file(file));
    return {};
  });
  return number;
}

model::TxNo World::remove(model::SourceId source, const std::string& filename) {
  model::TxNo number;
  (void)write([&](catalog::WriteView& view) -> Result<> {
    const auto now = TRY(view.resolve(source, model::Latest{}));
    const auto file = TRY(view.find_file(source, now, filename));
    if (!file) return fail(Errc::not_found, "no file " + filename);
    number = TRY(view.begin_transaction(source, model::TxKind::remove, "test", ""));
    return view.end_file(file->id, number);
  });
  return number;
}

model::TxNo World::archive(model::SourceId source, const std::string& filename) {
  model::TxNo number;
  (void)write([&](catalog::WriteView& view) -> Result<> {
    const auto now = TRY(view.resolve(source, model::Latest{}));
    auto file = TRY(view.find_file(source, now, filename));
    if (!file) return fail(Errc::not_found, "no file " + filename);
    number = TRY(view.begin_transaction(source, model::TxKind::archive, "test", ""));
    TRY(view.end_file(file->id, number));
    file->archived = true;
    file->added_in = number;
    file->gone_in.reset();
    TRY(view.add_file(*file));
    return {};
  });
  return number;
}

Snapshot World::resolve(std::string_view repository, const model::SnapshotRef& ref) const {
  auto snapshot = views->resolve(ctx, repository, ref);
  if (!snapshot) {
    ADD_FAILURE() << snapshot.error().message();
    return {};
  }
  return std::move(*snapshot);
}

std::string World::names(const Snapshot& snapshot) const {
  const auto names = views->names(ctx, snapshot);
  EXPECT_TRUE(names);
  std::string text;
  names->for_each([&](std::string_view name) { text.append(text.empty() ? "" : " ").append(name); });
  return text;
}

std::string World::versions(const Snapshot& snapshot, std::string_view package) const {
  const auto files = views->files(ctx, snapshot, package);
  if (!files) return "error: " + files.error().message();
  std::string all;
  for (const auto& file : *files) all += (all.empty() ? "" : " ") + file.version;
  return all;
}

}  // namespace granary::view
