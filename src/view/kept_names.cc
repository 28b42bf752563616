#include "view/kept_names.h"

#include <algorithm>

#include "catalog/mirror_keys.h"
#include "view/projects.h"
#include "view/read_names.h"

namespace granary::view {
namespace {

using catalog::ReadView;

/// Where names of a source are kept.
std::string key_of_names(const model::Pin& pin, std::string_view tree) {
  auto key = std::to_string(pin.source.value) + '@' + std::to_string(pin.at.value);
  if (is_index(pin)) return key;
  if (pin.until) key += '<' + std::to_string(pin.until->time_since_epoch().count());
  return key.append(1, '/').append(tree);
}

}  // namespace

Result<Names::Part> KeptNames::get(const Context& ctx, const model::Pin& pin, std::string_view tree_name,
                                   const RTree* tree, bool titled) {
  const bool apart = titled && tree == nullptr && !is_index(pin);
  return names_.get(
      ctx, key_of_names(pin, tree_name) + (apart ? "+titles" : ""),
      [&]() -> Result<SourceNames> {
        if (tree != nullptr) {
          std::string titles;
          TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
            titles = TRY(view.mirrors().state(pin.source, catalog::titles_key(tree_name)));
            return {};
          }));
          return read_names(*tree, pin, titles);
        }
        SourceNames names;
        if (is_own(pin.type) && !apart) {
          std::vector<std::string> own;
          TRY(own_->append_names(ctx, pin.source, pin.at, own));
          std::sort(own.begin(), own.end());
          for (const auto& name : own) names.add(name);
          names.finish();
          return names;
        }
        TRY(catalog_->read(ctx, [&](ReadView& view) -> Result<> {
          names = TRY(apart ? read_titled_names(ctx, view, pin) : read_names(view, pin));
          return {};
        }));
        return names;
      },
      [](const SourceNames& names) { return names.bytes(); });
}

bool KeptNames::lacks(const model::Pin& pin, std::string_view package) {
  if (pin.exact || pin.at.value == 0) return false;
  const auto names = names_.peek(key_of_names(pin, {}));
  return names && !names->contains(package);
}

}  // namespace granary::view
