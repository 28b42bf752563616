#include "mirror/notes.h"

#include "base/time_text.h"

namespace granary::mirror {

void note_problem(const Parts& parts, model::SourceId source, std::string_view key, const Error& error) {
  if (error.code() == Errc::cancelled) return;
  const Context ctx(parts.log, std::stop_token(), Context::Clock::now() + std::chrono::seconds(10));
  std::string name = std::to_string(source.value);
  const auto noted = parts.catalog->write(ctx, [&](catalog::WriteView& view) -> Result<> {
    const auto found = TRY(view.find_source(std::to_string(source.value)));
    if (!found) return {};
    name = found->name;
    return view.mirroring().set_state(source, key, rfc3339(parts.clock->now()) + ' ' + error.message());
  });
  const auto what = key.substr(0, key.find('.'));
  parts.log.with("source", name)
      .failed("a mirror has a problem with its upstream: " + std::string(what), error);
  if (!noted) parts.log.failed("cannot note a problem of a mirror", noted.error());
  if (parts.metrics != nullptr)
    parts.metrics
        ->counter("granary_mirror_problems_total", "Synchronisations and files of mirrors that failed",
                  {{"source", name}, {"what", std::string(what)}})
        .add();
}

Error for_clients(const Error& error) {
  switch (error.code()) {
    case Errc::corrupt:
    case Errc::too_large:
    case Errc::unsupported:
    case Errc::invalid_argument:
      return Error(Errc::unavailable, error.message(), error.hint(), __FILE__, __LINE__);
    default:
      return error;
  }
}

}  // namespace granary::mirror
