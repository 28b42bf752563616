#include "view/select_python.h"

#include <algorithm>

#include "base/text.h"
#include "python/marker.h"
#include "python/name.h"
#include "python/project_record.h"
#include "view/projects.h"

namespace granary::view {
namespace {

/// So many failures in a row are not those of single pages.
constexpr int kTooMany = 20;

/// What choosing looks at, of a mirrored file and of one's own.
struct Candidate {
  std::string version;
  bool yanked;
};

/// "==1.2.3": one version and no other.
bool pins(std::string_view specifiers) {
  const auto text = trim(specifiers);
  return text.starts_with("==") && text.find(',') == text.npos && !text.ends_with(".*");
}

/// The highest `count`, 0: all, in every spelling. What is yanked only when it was asked for by its number,
/// pre-releases only without a release.
std::set<std::string> best(const std::vector<Candidate>& candidates, const std::string& specifiers,
                           std::size_t count) {
  std::vector<std::pair<python::Version, std::string>> allowed;
  const bool by_number = specifiers.find("==") != specifiers.npos;
  for (const auto& one : candidates) {
    auto version = python::Version::parse(one.version);
    if (version && python::allows(specifiers, *version) && (!one.yanked || by_number || count == 0))
      allowed.emplace_back(*std::move(version), one.version);
  }
  std::sort(allowed.begin(), allowed.end(), [](const auto& a, const auto& b) { return b.first < a.first; });
  const bool released =
      std::any_of(allowed.begin(), allowed.end(), [](const auto& one) { return !one.first.is_prerelease(); });
  std::set<std::string> out;
  const python::Version* last = nullptr;
  std::size_t taken = 0;
  for (const auto& [version, text] : allowed) {
    if (count != 0 && released && version.is_prerelease()) continue;
    if (last == nullptr || !(version == *last)) {
      if (count != 0 && taken == count) break;
      ++taken;
      last = &version;
    }
    out.insert(text);
  }
  return out;
}

void add_once(std::vector<std::string>& to, const std::string& name) {
  if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

}  // namespace

Result<Gaps> PythonSelector::run(const Context& ctx) {
  if (selection_->packages.empty()) {
    for (const auto& source : selection_->sources) TRY(choose_all(ctx, source));
  }
  TRY(limit(selection_->constraints));
  for (const auto& text : selection_->packages) {
    const auto wanted = TRY(python::parse_requirement(text));
    if (counts(wanted, "")) TRY(require(ctx, wanted, true));
  }
  TRY(settle(ctx));
  for (const auto& [project, chosen] : chosen_) {
    if (const auto found = TRY(find(ctx, project))) TRY(emit(*found, project, chosen.versions));
  }
  return std::move(gaps_);
}

Result<> PythonSelector::choose_all(const Context& ctx, const model::Source& source) {
  if (model::is_mirror(source.type)) {
    if (selection_->whole_index) return take_whole_index(ctx, source);
    return fail(Errc::invalid_argument, "'" + source.name + "' has more than anybody can carry away",
                "say which projects: --package 'requests>=2.31,numpy'");
  }
  return catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    const auto now = TRY(view.resolve(source.id, model::Latest{}));
    return view.for_each_file(source.id, now, [&](const model::FileRecord& file) -> Result<> {
      chosen_[file.package].versions.insert(file.version);
      return {};
    });
  });
}

/// One project at a time: of all of them only the names are in memory.
Result<> PythonSelector::take_whole_index(const Context& ctx, const model::Source& source) {
  std::vector<std::string> names;
  TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
    names.clear();
    return view.mirrors().for_each_name(source.id, model::TxNo{INT64_MAX - 1},
                                        [&](const catalog::UpstreamName& one) -> Result<> {
                                          names.push_back(one.name);
                                          return {};
                                        });
  }));
  int failures = 0;  // in a row
  for (const auto& name : names) {
    TRY(ctx.check());
    const auto found = find(ctx, name);
    if (!found) {
      // A page that cannot be read does not stop the rest; an upstream that is away does.
      if (!ctx.check() || ++failures >= kTooMany) return tl::unexpected(found.error());
      gaps_.missing.push_back(name + ": " + found.error().message());
      continue;
    }
    failures = 0;
    if (*found) TRY(emit(**found, name, newest(**found, "")));
  }
  return {};
}

Result<> PythonSelector::limit(const std::vector<std::string>& constraints) {
  for (const auto& text : constraints) {
    const auto one = TRY(python::parse_requirement(text));
    if (one.specifiers.empty() || !counts(one, "")) continue;
    auto& all = limits_[one.project];
    all += (all.empty() ? "" : ",") + one.specifiers;
  }
  return {};
}

/// Until nothing new is needed.
Result<> PythonSelector::settle(const Context& ctx) {
  for (;;) {
    for (; !queue_.empty(); queue_.pop_front()) {
      TRY(ctx.check());
      TRY(require(ctx, queue_.front(), false));
    }
    for (auto& [project, chosen] : chosen_) {
      if (chosen.specifiers.size() < 2) continue;
      std::string all;
      for (const auto& one : chosen.specifiers) all += (all.empty() ? "" : ",") + one;
      if (has_pinned(chosen, all)) continue;
      const auto found = TRY(find(ctx, project));
      if (!found) continue;
      chosen.versions.merge(newest(*found, all));
      TRY(follow(ctx, *found, chosen));
    }
    if (queue_.empty()) return {};
  }
}

bool PythonSelector::has_pinned(const Chosen& chosen, const std::string& specifiers) {
  return std::any_of(chosen.pinned.begin(), chosen.pinned.end(), [&](const auto& text) {
    const auto version = python::Version::parse(text);
    return version && python::allows(specifiers, *version);
  });
}

Result<> PythonSelector::require(const Context& ctx, const python::Requirement& wanted, bool by_name) {
  const auto known = chosen_.find(wanted.project);
  const bool enough = known != chosen_.end() && (known->second.specifiers.contains(wanted.specifiers) ||
                                                 has_pinned(known->second, wanted.specifiers));
  const bool pinned = by_name && pins(wanted.specifiers);
  if (enough && !pinned) known->second.specifiers.insert(wanted.specifiers);
  if (enough && std::all_of(wanted.extras.begin(), wanted.extras.end(),
                            [&](const auto& extra) { return known->second.extras.contains(extra); }))
    return {};
  const auto found = TRY(find(ctx, wanted.project));
  const auto versions = found && !enough ? newest(*found, wanted.specifiers) : std::set<std::string>();
  if (!found || (versions.empty() && !enough)) {
    const auto name = wanted.project + wanted.specifiers;
    if (by_name && selection_->strict)
      return fail(Errc::not_found, "no source has '" + name.substr(0, 100) + "' at what was chosen",
                  "check its name and version, --source, --date and --python");
    add_once(gaps_.missing, name);
    return {};
  }
  auto& chosen = chosen_[wanted.project];
  chosen.extras.insert(wanted.extras.begin(), wanted.extras.end());
  if (pinned) {
    chosen.pinned.insert(versions.begin(), versions.end());
  } else {
    chosen.specifiers.insert(wanted.specifiers);
  }
  chosen.versions.insert(versions.begin(), versions.end());
  return follow(ctx, *found, chosen);
}

Result<std::optional<PythonSelector::Found>> PythonSelector::find(const Context& ctx,
                                                                  const std::string& project) {
  for (const auto& source : selection_->sources) {
    Found found{&source, {}, {}};
    if (model::is_mirror(source.type) && on_demand_ != nullptr) {
      const auto wanted = on_demand_->want_project(ctx, source.id, project);
      if (!wanted && wanted.error().code() != Errc::not_found) return tl::unexpected(wanted.error());
    }
    bool has = false;
    TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
      if (!model::is_mirror(source.type)) {
        found.files = TRY(view.files(source.id, TRY(view.resolve(source.id, model::Latest{})), project));
        has = !found.files.empty();
        return {};
      }
      const auto record = TRY(view.mirrors().record(source.id, "", project, std::nullopt));
      has = record.has_value();
      if (has) found.project = TRY(python::decode_project(record->bytes));
      return {};
    }));
    if (has) return std::optional(std::move(found));
  }
  return std::optional<Found>();
}

bool PythonSelector::takes(std::string_view filename, bool wheel, std::string_view requires_python) const {
  return python::takes(selection_->target, filename, wheel, requires_python);
}

/// In any of the environments.
bool PythonSelector::counts(const python::Requirement& wanted, const std::string& extra) const {
  return std::any_of(environments_.begin(), environments_.end(), [&](const auto& environment) {
    return python::holds(wanted.marker, environment, extra) != python::Holds::no;
  });
}

std::set<std::string> PythonSelector::newest(const Found& found, std::string specifiers) const {
  if (!model::is_mirror(found.source->type)) {
    std::vector<Candidate> candidates;
    for (const auto& file : found.files) {
      if (takes(file.filename, file.kind == model::FileKind::wheel, file.requires_python))
        candidates.push_back({file.version, file.yanked.has_value()});
    }
    return best(candidates, specifiers, selection_->newest);
  }
  if (const auto limit = limits_.find(python::normalize_name(found.project.shown)); limit != limits_.end())
    specifiers += (specifiers.empty() ? "" : ",") + limit->second;
  std::set<std::string> versions;
  for (const auto& moment : selection_->moments) {
    std::vector<Candidate> candidates;
    for (const auto& file : found.project.files) {
      if (file.visible(moment) && takes(file.filename, file.wheel, file.requires_python))
        candidates.push_back({file.version, file.yanked.has_value()});
    }
    versions.merge(best(candidates, specifiers, selection_->newest));
  }
  return versions;
}

/// What the chosen versions need, with the extras that were asked for.
Result<> PythonSelector::follow(const Context& ctx, const Found& found, Chosen& chosen) {
  if (!selection_->dependencies) return {};
  auto extras = chosen.extras;
  extras.insert("");
  for (const auto& version : std::set(chosen.versions)) {
    std::vector<model::FileRecord> files;
    for (const auto& file : found.files) {
      if (file.version == version) files.push_back(file);
    }
    for (const auto& file : found.project.files) {
      if (file.version == version && !file.gone)
        files.push_back(file_record(file, found.project, found.source->id, {},
                                    python::normalize_name(found.project.shown)));
    }
    // A wheel says it best, one that is taken before another.
    const auto rank = [&](const model::FileRecord& file) {
      const bool wheel = file.kind == model::FileKind::wheel;
      return !wheel || (!file.metadata_sha256 && file.metadata.empty()) ? 2
             : takes(file.filename, wheel, file.requires_python)        ? 0
                                                                        : 1;
    };
    const auto said = std::min_element(files.begin(), files.end(),
                                       [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    for (const auto& extra : extras) {
      if (files.empty() || !chosen.followed.emplace(version, extra).second) continue;
      TRY(follow_version(ctx, *said, extra));
    }
  }
  return {};
}

Result<> PythonSelector::follow_version(const Context& ctx, const model::FileRecord& file,
                                        const std::string& extra) {
  const auto lines = (*requirements_)(ctx, file);
  if (!lines && (selection_->strict || !ctx.check())) return tl::unexpected(lines.error());
  if (!lines || !*lines) {
    add_once(gaps_.unread, file.filename);
    return {};
  }
  for (const auto& line : **lines) {
    auto needed = python::parse_requirement(line);
    if (needed && counts(*needed, extra)) queue_.push_back(*std::move(needed));
  }
  return {};
}

Result<> PythonSelector::emit(const Found& found, const std::string& project,
                              const std::set<std::string>& versions) {
  Selected item{found.source->id, "", project, "", {}};
  for (const auto& file : found.files) {
    if (versions.contains(file.version)) item.files.push_back(file);
  }
  if (model::is_mirror(found.source->type)) {
    auto kept = found.project;
    std::erase_if(kept.files, [&](const python::UpstreamFile& file) {
      const bool shown = std::any_of(selection_->moments.begin(), selection_->moments.end(),
                                     [&](const auto& moment) { return file.visible(moment); });
      return !shown || !versions.contains(file.version) ||
             !takes(file.filename, file.wheel, file.requires_python);
    });
    kept.etag.clear();
    for (const auto& file : kept.files)
      item.files.push_back(file_record(file, kept, found.source->id, {}, project));
    if (selection_->records) item.record = python::encode(kept);
  }
  return (*each_)(item);
}

}  // namespace granary::view
