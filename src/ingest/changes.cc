#include "ingest/changes.h"

#include <algorithm>

#include "base/log.h"
#include "catalog/named.h"
#include "ingest/selector.h"

namespace granary::ingest {

namespace {

Result<> check_ecosystem(const model::Source& source, model::Ecosystem needed, const char* what) {
  if (model::ecosystem_of(source.type) == needed) return {};
  const bool r = needed == model::Ecosystem::r;
  return fail(Errc::invalid_argument,
              std::string(what) + (r ? " is for R sources, and '" : " is for Python sources, and '") +
                  source.name + (r ? "' is one of Python" : "' is one of R"),
              r ? "yank the version instead" : "remove or archive the package instead");
}

using Choose = std::function<Result<std::vector<model::FileRecord>>(const model::Source&,
                                                                    std::vector<model::FileRecord>)>;
/// The interval that follows the ended one; absent: none does.
using Next = std::function<std::optional<model::FileRecord>(const model::FileRecord&)>;

/// Ends what `choose` gives and begins what `next` makes of it. Nothing chosen: nothing is written.
Result<Changed> change(Parts& parts, const Context& ctx, std::string_view source, std::string_view package,
                       model::TxKind kind, By by, bool dry_run, const Choose& choose, const Next& next) {
  Changed out;
  const auto look = [&](catalog::ReadView& view,
                        const model::Source& found) -> Result<std::vector<model::FileRecord>> {
    auto chosen = TRY(choose(found, TRY(view.files(found.id, kNow, package_key(found, package)))));
    out = {};
    for (const auto& file : chosen) out.files.push_back(file.filename);
    return chosen;
  };
  model::Source found;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    found = TRY(catalog::source_named(view, source));
    TRY(look(view, found));
    return {};
  }));
  if (dry_run || out.files.empty()) return out;

  bool nothing_left = false;
  auto written = parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    nothing_left = false;
    // First, so that no other node changes what is read after it.
    const auto tx = TRY(view.begin_transaction(found.id, kind, by.actor, by.comment));
    const auto chosen = TRY(look(view, found));
    if (chosen.empty()) {
      nothing_left = true;
      return fail(Errc::conflict, "somebody else made the same change just now");
    }
    for (const auto& file : chosen) {
      TRY(view.end_file(file.id, tx));
      auto following = next(file);
      if (!following) continue;
      following->added_in = tx;
      following->gone_in.reset();
      TRY(view.add_file(*following));
    }
    out.transaction = tx;
    return {};
  });
  if (nothing_left) return Changed{};
  if (!written) return tl::unexpected(std::move(written).error());
  ctx.log().component("ingest").info("changed", {{"source", found.name},
                                                 {"kind", std::string(model::name_of(kind))},
                                                 {"package", std::string(package)},
                                                 {"files", std::to_string(out.files.size())},
                                                 {"transaction", std::to_string(out.transaction.value)}});
  return out;
}

}  // namespace

Result<Changed> remove_files(Parts& parts, const Context& ctx, std::string_view source,
                             const Selector& selector, bool dry_run, By by) {
  return change(
      parts, ctx, source, selector.package, model::TxKind::remove, by, dry_run,
      [&](const model::Source& found, std::vector<model::FileRecord> files) {
        return select_files(files, found, selector);
      },
      [](const model::FileRecord&) { return std::nullopt; });
}

Result<Changed> archive_package(Parts& parts, const Context& ctx, std::string_view source,
                                std::string_view package, By by) {
  const Selector all{std::string(package), "all"};
  return change(
      parts, ctx, source, package, model::TxKind::archive, by, false,
      [&](const model::Source& found,
          std::vector<model::FileRecord> files) -> Result<std::vector<model::FileRecord>> {
        TRY(check_ecosystem(found, model::Ecosystem::r, "archive"));
        return select_current(TRY(select_files(files, found, all)));
      },
      [](const model::FileRecord& file) -> std::optional<model::FileRecord> {
        auto archived = file;
        archived.archived = true;
        return archived;
      });
}

Result<Changed> yank_files(Parts& parts, const Context& ctx, std::string_view source,
                           const Selector& selector, const std::optional<std::string>& reason, By by) {
  return change(
      parts, ctx, source, selector.package, reason ? model::TxKind::yank : model::TxKind::unyank, by, false,
      [&](const model::Source& found,
          std::vector<model::FileRecord> files) -> Result<std::vector<model::FileRecord>> {
        TRY(check_ecosystem(found, model::Ecosystem::python, reason ? "yank" : "unyank"));
        auto chosen = TRY(select_files(files, found, selector));
        std::erase_if(chosen, [&](const model::FileRecord& file) { return file.yanked == reason; });
        return chosen;
      },
      [&](const model::FileRecord& file) -> std::optional<model::FileRecord> {
        auto marked = file;
        marked.yanked = reason;
        return marked;
      });
}

}  // namespace granary::ingest
