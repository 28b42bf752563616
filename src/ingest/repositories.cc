#include "ingest/repositories.h"

#include <algorithm>

#include "catalog/named.h"

namespace granary::ingest {

namespace {

bool contains(const std::vector<model::SourceId>& ids, model::SourceId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

auto not_subscribed(const model::Repository& repository, const model::Source& source) {
  return fail(Errc::not_found,
              "the repository '" + repository.name + "' does not subscribe to '" + source.name + "'",
              "see what it subscribes to: granary info --repo " + repository.name);
}

/// Whoever has the URL of a redirect has the file, without a token, for minutes.
Result<> check_downloads(const model::Repository& repository) {
  if (!repository.authenticated || repository.downloads == model::Downloads::stream) return {};
  return fail(Errc::invalid_argument, "the files of an authenticated repository are not given by redirect",
              "use --downloads=stream, or --authenticated=false");
}

/// Reads the repository, lets `work` change it, and gives what it is then.
Result<model::Repository> change(
    Parts& parts, const Context& ctx, std::string_view repository,
    const std::function<Result<>(catalog::WriteView&, model::Repository&)>& work) {
  model::Repository out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    out = TRY(catalog::repository_named(view, repository));
    return work(view, out);
  }));
  return out;
}

}  // namespace

Result<model::Repository> create_repository(Parts& parts, const Context& ctx, const model::Repository& wanted,
                                            bool succeed_on_existing) {
  TRY(model::check_name(wanted.name));
  TRY(check_downloads(wanted));
  model::Repository out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    if (succeed_on_existing) {
      auto there = TRY(catalog::repository_of_type(view, wanted.name, wanted.type));
      if (there) {
        out = *std::move(there);
        return {};
      }
    }
    const auto id = TRY(view.create_repository(wanted));
    out = TRY(catalog::repository_named(view, std::to_string(id.value)));
    return {};
  }));
  return out;
}

Result<model::Repository> edit_repository(Parts& parts, const Context& ctx, std::string_view repository,
                                          const RepositoryChange& wanted) {
  if (wanted.name) TRY(model::check_name(*wanted.name));
  return change(parts, ctx, repository, [&](catalog::WriteView& view, model::Repository& it) -> Result<> {
    if (wanted.name) it.name = *wanted.name;
    if (wanted.description) it.description = *wanted.description;
    if (wanted.authenticated) it.authenticated = *wanted.authenticated;
    if (wanted.downloads) it.downloads = *wanted.downloads;
    TRY(check_downloads(it));
    return view.update_repository(it);
  });
}

Result<> delete_repository(Parts& parts, const Context& ctx, std::string_view repository) {
  return parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    return view.delete_repository(TRY(catalog::repository_named(view, repository)).id);
  });
}

Result<model::Repository> subscribe(Parts& parts, const Context& ctx, std::string_view repository,
                                    std::string_view source, bool succeed_on_existing) {
  return change(parts, ctx, repository, [&](catalog::WriteView& view, model::Repository& it) -> Result<> {
    const auto found = TRY(catalog::source_named(view, source));
    if (model::ecosystem_of(found.type) != it.type) {
      return fail(Errc::invalid_argument,
                  "the repository '" + it.name + "' is of type " + std::string(model::name_of(it.type)) +
                      ", and the source '" + found.name + "' of type " +
                      std::string(model::name_of(found.type)),
                  "R repositories take R sources, Python repositories Python sources");
    }
    if (contains(it.sources, found.id)) {
      if (succeed_on_existing) return {};
      return fail(Errc::conflict,
                  "the repository '" + it.name + "' subscribes to '" + found.name + "' already",
                  "change the order with: granary reorder --repo=" + it.name);
    }
    it.sources.push_back(found.id);
    return view.set_subscriptions(it.id, it.sources);
  });
}

Result<model::Repository> unsubscribe(Parts& parts, const Context& ctx, std::string_view repository,
                                      std::string_view source) {
  return change(parts, ctx, repository, [&](catalog::WriteView& view, model::Repository& it) -> Result<> {
    const auto found = TRY(catalog::source_named(view, source));
    if (std::erase(it.sources, found.id) == 0) return not_subscribed(it, found);
    return view.set_subscriptions(it.id, it.sources);
  });
}

Result<model::Repository> reorder(Parts& parts, const Context& ctx, std::string_view repository,
                                  const std::vector<std::string>& sources) {
  return change(parts, ctx, repository, [&](catalog::WriteView& view, model::Repository& it) -> Result<> {
    std::vector<model::SourceId> order;
    for (const auto& name : sources) {
      const auto found = TRY(catalog::source_named(view, name));
      if (!contains(it.sources, found.id)) return not_subscribed(it, found);
      if (contains(order, found.id)) {
        return fail(Errc::invalid_argument, "the source '" + found.name + "' is named twice",
                    "name each source once");
      }
      order.push_back(found.id);
    }
    if (order.size() != it.sources.size()) {
      return fail(Errc::invalid_argument,
                  "the repository '" + it.name + "' subscribes to " + std::to_string(it.sources.size()) +
                      " sources, and the new order names " + std::to_string(order.size()),
                  "name every subscribed source once, in the new order");
    }
    it.sources = std::move(order);
    return view.set_subscriptions(it.id, it.sources);
  });
}

}  // namespace granary::ingest
