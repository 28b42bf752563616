#include "mirror/notes.h"

#include "base/time_text.h"

namespace granary::mirror {

void note_problem(const Parts& parts, const Context& ctx, model::SourceId source, std::string_view key,
                  const Error& error) {
  std::string name = std::to_string(source.value);
  const auto noted = parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto found = TRY(view.find_source(std::to_string(source.value)));
    if (!found) return {};
    name = found->name;
    return view.mirroring().set_state(source, key, rfc3339(parts.clock->now()) + ' ' + error.message());
  });
  if (!noted) parts.log.failed("cannot note a problem of a mirror", noted.error());
  if (parts.metrics != nullptr)
    parts.metrics
        ->counter("granary_mirror_problems_total", "Synchronisations and files of mirrors that failed",
                  {{"source", name}, {"what", std::string(key.substr(0, key.find('.')))}})
        .add();
}

}  // namespace granary::mirror
