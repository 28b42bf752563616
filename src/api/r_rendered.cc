#include "api/r_rendered.h"

namespace granary::api {
namespace {

std::string_view key_of(RIndex index) {
  switch (index) {
    case RIndex::packages:
      return "r/PACKAGES";
    case RIndex::packages_rds:
      return "r/PACKAGES.rds";
    case RIndex::archive_rds:
      return "r/archive.rds";
    case RIndex::current_rds:
      return "r/current.rds";
    case RIndex::folder:
      return "r/folder";
  }
  return {};
}

/// The others are compressed already.
bool is_text(RIndex index) { return index == RIndex::packages || index == RIndex::folder; }

}  // namespace

Result<std::shared_ptr<const view::Rendered>> RenderedIndexes::get(const Context& ctx,
                                                                   const view::Snapshot& snapshot,
                                                                   RIndex index) const {
  return views_->rendered_index(ctx, snapshot, key_of(index), is_text(index), [&]() -> Result<view::Index> {
    Undescribed lacking;
    view::Index made{TRY(render_r_index(ctx, *views_, snapshot, index, lacking))};
    made.lasting = lacking.sources.empty();
    if (index == RIndex::packages || index == RIndex::packages_rds)
      undescribed_.put(snapshot.fingerprint, std::move(lacking));
    return made;
  });
}

}  // namespace granary::api
