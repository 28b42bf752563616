#include "mirror/default_repository.h"

#include <array>

namespace granary::mirror {

Result<bool> make_default_repository(const Parts& parts, const Context& ctx,
                                     const DefaultRepository& wanted) {
  if (wanted.name.empty()) return false;
  TRY(model::check_name(wanted.name));
  bool made = false;
  TRY(parts.catalog->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    made = !TRY(view.find_repository(wanted.name));
    return {};
  }));
  if (!made) return false;
  TRY(parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    made = !TRY(view.find_repository(wanted.name));
    if (!made) return {};  // another node was faster
    auto source = TRY(view.find_source(wanted.name));
    if (source && source->type != wanted.type)
      return fail(Errc::conflict,
                  "the source '" + wanted.name + "' is of type " + std::string(name_of(source->type)) +
                      ", not " + std::string(name_of(wanted.type)),
                  "name another in [Repos], or none");
    model::SourceId id = source ? source->id : model::SourceId{};
    if (!source) {
      model::Source fresh;
      fresh.name = wanted.name;
      fresh.type = wanted.type;
      id = TRY(view.create_source(fresh));
    }
    model::Repository repository;
    repository.name = wanted.name;
    repository.type = model::ecosystem_of(wanted.type);
    repository.authenticated = wanted.authenticated;
    const auto at = TRY(view.create_repository(repository));
    return view.set_subscriptions(at, std::array{id});
  }));
  return made;
}

}  // namespace granary::mirror
