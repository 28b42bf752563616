#include "api/meta_handlers.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "api/admin_json.h"
#include "api/content_coding.h"
#include "api/meta_dates.h"
#include "api/meta_listing.h"
#include "api/meta_openapi.h"
#include "api/meta_package.h"
#include "api/meta_routes.h"
#include "api/meta_status.h"
#include "api/r_undescribed.h"
#include "api/snapshot_request.h"
#include "base/away.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "catalog/named.h"
#include "r/tree_name.h"

namespace granary::api {
namespace {

using catalog::ReadView;
using http::Request;
using http::Response;

constexpr std::uint32_t kTransactionsPerPage = 1000;

Response json_response(std::string json) {
  auto response = http::bytes_response(200, "application/json", std::move(json));
  response.with("Cache-Control", "no-cache");
  return response;
}

/// One that browsers and proxies may check for changes.
Response tagged(std::string json) {
  const auto tag = '"' + sha256(as_bytes(json)).hex().substr(0, 32) + '"';
  auto response = json_response(std::move(json));
  response.etag = tag;
  return response;
}

tl::unexpected<Error> no_package(std::string_view name) {
  return fail(Errc::not_found, "no package named '" + std::string(name.substr(0, 80)) + "'",
              "search with ?name_like= in the list of packages");
}

class MetaHandlers {
 public:
  MetaHandlers(MetaDependencies dependencies, const http::Router& router)
      : d_(std::move(dependencies)), router_(&router) {}

  Result<Response> answer(MetaEndpoint endpoint, const Context& ctx, const Request& request) const {
    switch (endpoint) {
      case MetaEndpoint::ping:
        return ping();
      case MetaEndpoint::live:
        return json_response("{}\n");
      case MetaEndpoint::status:
        return status(ctx);
      case MetaEndpoint::repositories:
        return repositories(ctx, request);
      case MetaEndpoint::repository:
        return repository(ctx, request);
      case MetaEndpoint::repository_packages:
        return repository_packages(ctx, request);
      case MetaEndpoint::repository_package:
        return repository_package(ctx, request);
      case MetaEndpoint::repository_sources:
        return repository_sources(ctx, request);
      case MetaEndpoint::transaction_dates:
        return transaction_dates(ctx, request);
      case MetaEndpoint::first_transaction:
        return first_transaction(ctx, request);
      case MetaEndpoint::sources:
        return sources(ctx, request);
      case MetaEndpoint::source:
        return source(ctx, request);
      case MetaEndpoint::openapi:
        return tagged(openapi(router_->routes(), d_.version));
    }
    return fail(Errc::internal, "no such endpoint");
  }

 private:
  Result<Response> ping() const {
    if (d_.leaving()) return fail(Errc::unavailable, "this server is about to stop", "ask another one");
    if (!d_.online())
      return fail(Errc::unavailable, "this node is offline",
                  "its keeper brings it back with: granary online");
    return json_response("{}\n");
  }

  Result<std::vector<model::Repository>> all_repositories(const Context& ctx) const {
    std::vector<model::Repository> all;
    TRY(d_.catalog->read(ctx, [&](ReadView& view) -> Result<> {
      all = TRY(view.repositories());
      return {};
    }));
    return all;
  }
  Result<std::vector<model::Source>> all_sources(const Context& ctx) const {
    std::vector<model::Source> all;
    TRY(d_.catalog->read(ctx, [&](ReadView& view) -> Result<> {
      all = TRY(view.sources());
      return {};
    }));
    return all;
  }

  /// renv and pak recognise the server by it, so it goes on without the database as it was last.
  Result<Response> status(const Context& ctx) const {
    const auto now = status_now(ctx);
    const std::scoped_lock lock(mutex_);
    if (now) last_status_ = *now;
    if (!now && (!is_away(now.error()) || last_status_.empty())) return tl::unexpected(now.error());
    return json_response(last_status_);
  }

  Result<std::string> status_now(const Context& ctx) const {
    const auto all = TRY(all_repositories(ctx));
    return status_json({d_.version, d_.build_date, d_.metrics_enabled, TRY(known_bioconductor(ctx, all))},
                       all);
  }

  Result<std::optional<r::BiocConfig>> known_bioconductor(
      const Context& ctx, const std::vector<model::Repository>& repositories) const {
    for (const auto& one : repositories) {
      if (one.type != model::Ecosystem::bioconductor || one.authenticated) continue;
      const auto text = TRY(d_.views->bioc_config(
          ctx, TRY(d_.views->resolve(ctx, std::to_string(one.id.value), model::Latest{}))));
      if (!text) continue;
      return std::optional<r::BiocConfig>(TRY(r::parse_bioc_config(*text)));
    }
    return std::optional<r::BiocConfig>();
  }

  Result<Response> repositories(const Context& ctx, const Request& request) const {
    JsonWriter json;
    json.begin_array();
    const auto sources = TRY(all_sources(ctx));
    const auto wanted = request.query_value("source");
    const auto source = std::find_if(sources.begin(), sources.end(), [&](const model::Source& one) {
      return wanted && (one.name == *wanted || std::to_string(one.id.value) == *wanted);
    });
    if (wanted && source == sources.end()) return catalog::no_source(*wanted);
    const auto all = TRY(all_repositories(ctx));
    for (const auto& one : all) {
      if (!wanted || std::find(one.sources.begin(), one.sources.end(), source->id) != one.sources.end())
        write_json(json, one, sources);
    }
    json.end_array();
    return tagged(std::move(json).take());
  }

  Result<std::shared_ptr<const model::Repository>> asked_repository(const Context& ctx,
                                                                    const Request& request) const {
    const auto name = request.parameter("repo");
    auto found = TRY(d_.views->repository(ctx, name));
    if (!found) return catalog::no_repository(name);
    return found;
  }

  Result<Response> repository(const Context& ctx, const Request& request) const {
    JsonWriter json;
    write_json(json, *TRY(asked_repository(ctx, request)), TRY(all_sources(ctx)));
    return tagged(std::move(json).take());
  }

  Result<view::Snapshot> asked_snapshot(const Context& ctx, const Request& request) const {
    const auto ref = model::parse_snapshot(request.query_value("snapshot").value_or("latest"));
    if (!ref)
      return fail(Errc::invalid_argument, "that is not a snapshot",
                  "use latest, a date such as 2024-05-01, or the number of a transaction");
    auto snapshot = TRY(d_.views->resolve(ctx, request.parameter("repo"), *ref));
    if (snapshot.repository->type != model::Ecosystem::bioconductor) return snapshot;
    auto release = request.query_value("bioc_version");
    const auto text = release ? nullptr : TRY(d_.views->bioc_config(ctx, snapshot));
    if (text) release = TRY(r::parse_bioc_config(*text)).release;
    const auto tree = "packages/" + release.value_or("") + "/bioc/" + std::string(r::kSourceTree);
    if (!release || !r::is_tree_name(tree)) return snapshot;  // not synchronised yet: nothing
    return d_.views->tree(ctx, snapshot, tree);
  }

  Result<Response> repository_packages(const Context& ctx, const Request& request) const {
    const auto query = TRY(ListQuery::parse(request));
    const auto snapshot = TRY(asked_snapshot(ctx, request));
    const auto type = snapshot.repository->type;
    const auto names =
        TRY(query.name_like.empty() ? d_.views->names(ctx, snapshot) : d_.views->titled_names(ctx, snapshot));
    const auto listed = names.select(query.of(type));
    const auto newest = TRY(d_.views->newest_files(ctx, snapshot, listed.names));
    JsonWriter json;
    json.begin_array();
    for (std::size_t i = 0; i < newest.size(); ++i) {
      if (newest[i]) {
        append_summary(json, type, *newest[i]);
      } else {
        append_name(json, listed.names[i]);
      }
    }
    json.end_array();
    auto response = tagged(std::move(json).take());
    response.with("X-Total-Count", std::to_string(listed.total));
    keep_hot(response, snapshot);
    return response;
  }

  Result<Response> repository_package(const Context& ctx, const Request& request) const {
    auto snapshot = TRY(asked_snapshot(ctx, request));
    const auto name = request.parameter("name");
    const auto type = snapshot.repository->type;
    snapshot = TRY(d_.views->project(ctx, snapshot, package_key(type, name)));
    auto files = TRY(d_.views->files(ctx, snapshot, package_key(type, name)));
    if (files.empty()) return no_package(name);
    if (d_.mirrors && want_described(ctx, *d_.mirrors, undescribed(snapshot, files, request))) {
      snapshot = TRY(asked_snapshot(ctx, request));
      files = TRY(d_.views->files(ctx, snapshot, package_key(type, name)));
    }
    JsonWriter json;
    TRY(append_package(json, type, files, request.query_value("version")));
    auto response = tagged(std::move(json).take());
    keep_hot(response, snapshot);
    return response;
  }

  /// The version that is asked for, if no more of it is known than that.
  static Undescribed undescribed(const view::Snapshot& snapshot, const std::vector<model::FileRecord>& files,
                                 const Request& request) {
    Undescribed lacking;
    const auto version = request.query_value("version");
    for (const auto& file : files) {
      if (!file.origin || !file.metadata.empty() || !version || file.version != *version) continue;
      const auto pin = std::find_if(snapshot.pins.begin(), snapshot.pins.end(),
                                    [&](const model::Pin& one) { return one.source == file.source; });
      if (pin != snapshot.pins.end() && pin->type == model::SourceType::cran)
        lacking.add(*pin, file.package, file.version);
    }
    return lacking;
  }

  Result<Response> repository_sources(const Context& ctx, const Request& request) const {
    const auto repository = TRY(asked_repository(ctx, request));
    const auto all = TRY(all_sources(ctx));
    JsonWriter json;
    json.begin_array();
    for (const auto id : repository->sources) {
      const auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == id; });
      if (at != all.end()) write_json(json, *at);
    }
    json.end_array();
    return tagged(std::move(json).take());
  }

  /// Every transaction of the sources that the repository shows, newest first within each.
  Result<> for_each_transaction(const Context& ctx, const model::Repository& repository,
                                const std::function<void(const model::Transaction&)>& each) const {
    const auto all = TRY(all_sources(ctx));
    return d_.catalog->read(ctx, [&](ReadView& view) -> Result<> {
      for (const auto id : repository.sources) {
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == id; });
        // A cran-snapshot has none of its own.
        const auto source = at != all.end() && at->frozen_at ? at->frozen_of : id;
        model::TxNo before;
        for (;;) {
          TRY(ctx.check());
          const auto page = TRY(view.transactions(source, before, kTransactionsPerPage));
          for (const auto& transaction : page) each(transaction);
          if (page.size() < kTransactionsPerPage) break;
          before = page.back().number;
        }
      }
      return {};
    });
  }

  Result<Response> transaction_dates(const Context& ctx, const Request& request) const {
    const auto snapshot = TRY(d_.views->resolve(ctx, request.parameter("repo"), model::Latest{}));
    const auto today = std::chrono::floor<std::chrono::days>(d_.clock->now());
    const bool newest_first = request.query_value("_order") == "desc";
    const auto key = "api/dates/" + day_text(today) + (newest_first ? "/desc" : "");
    const auto body = TRY(d_.views->rendered(ctx, snapshot, key, true, [&]() -> Result<std::string> {
      KnownDays known;
      known.mirrored = std::any_of(snapshot.pins.begin(), snapshot.pins.end(),
                                   [](const model::Pin& pin) { return model::is_mirror(pin.type); });
      known.first = TRY(d_.views->first_day(ctx, snapshot));
      TRY(for_each_transaction(ctx, *snapshot.repository, [&](const model::Transaction& transaction) {
        known.changed.insert(std::chrono::floor<std::chrono::days>(transaction.at));
      }));
      return dates_json(listed_days(known, today), newest_first);
    }));
    auto response = rendered_response(request, *body, "application/json");
    response.with("Cache-Control", "no-cache");
    return response;
  }

  Result<Response> first_transaction(const Context& ctx, const Request& request) const {
    const auto repository = TRY(asked_repository(ctx, request));
    std::optional<model::Transaction> first;
    TRY(for_each_transaction(ctx, *repository, [&](const model::Transaction& transaction) {
      if (!first || transaction.number < first->number) first = transaction;
    }));
    JsonWriter json;
    if (first) {
      write_json(json, *first);
    } else {
      json.null();
    }
    return tagged(std::move(json).take());
  }

  Result<Response> sources(const Context& ctx, const Request& request) const {
    const auto wanted = request.query_value("type");
    const auto type = wanted ? model::parse_source_type(*wanted) : std::nullopt;
    if (wanted && !type)
      return fail(Errc::invalid_argument, "unknown type of source '" + wanted->substr(0, 80) + "'",
                  "use local, local-python, git, git-python, cran, bioconductor, pypi or cran-snapshot");
    JsonWriter json;
    json.begin_array();
    const auto all = TRY(all_sources(ctx));
    for (const auto& one : all) {
      if (!type || one.type == *type) write_json(json, one);
    }
    json.end_array();
    return tagged(std::move(json).take());
  }

  Result<Response> source(const Context& ctx, const Request& request) const {
    JsonWriter json;
    write_json(json, TRY(catalog::source_named(*d_.catalog, ctx, request.parameter("source"))));
    return tagged(std::move(json).take());
  }

  MetaDependencies d_;
  const http::Router* router_;
  mutable std::mutex mutex_;         // of:
  mutable std::string last_status_;  // empty: none yet
};

}  // namespace

void bind_meta(http::Router& router, const MetaDependencies& dependencies) {
  const auto handlers = std::make_shared<const MetaHandlers>(dependencies, router);
  for (const auto& route : kMetaRoutes) {
    router.bind(route.spec,
                [handlers, endpoint = route.endpoint](const Context& ctx, const Request& request) {
                  return handlers->answer(endpoint, ctx, request);
                });
  }
}

}  // namespace granary::api
