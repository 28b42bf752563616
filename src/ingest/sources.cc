#include "ingest/sources.h"

#include <algorithm>

#include "base/text.h"
#include "catalog/named.h"

namespace granary::ingest {

Result<model::Source> create_source(Parts& parts, const Context& ctx, std::string_view name,
                                    model::SourceType type, std::string_view description,
                                    bool succeed_on_existing) {
  TRY(model::check_name(name));
  model::Source out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    if (succeed_on_existing) {
      auto there = TRY(catalog::source_of_type(view, name, type));
      if (there) {
        out = *std::move(there);
        return {};
      }
    }
    model::Source wanted;
    wanted.name = name;
    wanted.type = type;
    wanted.description = description;
    const auto id = TRY(view.create_source(wanted));
    out = TRY(catalog::source_named(view, std::to_string(id.value)));
    return {};
  }));
  return out;
}

Result<model::Source> edit_source(Parts& parts, const Context& ctx, std::string_view source,
                                  const std::optional<std::string>& name,
                                  const std::optional<std::string>& description) {
  if (name) TRY(model::check_name(*name));
  model::Source out;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    out = TRY(catalog::source_named(view, source));
    if (name) out.name = *name;
    if (description) out.description = *description;
    return view.update_source(out.id, out.name, out.description);
  }));
  return out;
}

Result<bool> delete_source(Parts& parts, const Context& ctx, std::string_view source) {
  bool rows_left = false;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto found = TRY(catalog::source_named(view, source));
    std::vector<std::string> subscribers;
    for (const auto& repository : TRY(view.repositories())) {
      const auto& ids = repository.sources;
      if (std::find(ids.begin(), ids.end(), found.id) != ids.end()) subscribers.push_back(repository.name);
    }
    if (!subscribers.empty()) {
      return fail(Errc::conflict,
                  "the source '" + found.name + "' is subscribed by " + join(subscribers, ", "),
                  "unsubscribe it first, for instance: granary unsubscribe --repo=" + subscribers.front() +
                      " --source=" + found.name);
    }
    TRY(view.delete_source(found.id));
    const auto remnants = TRY(view.remnants());
    rows_left = std::find(remnants.begin(), remnants.end(), found.id) != remnants.end();
    return {};
  }));
  return rows_left;
}

}  // namespace granary::ingest
