#include "view/bundle_python.h"

#include <algorithm>

#include "python/name.h"
#include "python/project_record.h"
#include "view/projects.h"

namespace granary::view {
namespace {

/// What choosing looks at, of a mirrored file and of one's own.
struct Candidate {
  std::string version;
  bool yanked;
};

bool pins(const std::string& specifiers) { return specifiers.find("==") != std::string::npos; }

/// The highest; what is yanked only when it was asked for by its number, a pre-release only without a
/// release.
std::optional<std::string> best(const std::vector<Candidate>& candidates, const std::string& specifiers) {
  std::optional<std::pair<python::Version, std::string>> release, any;
  for (const auto& one : candidates) {
    const auto version = python::Version::parse(one.version);
    if (!version || !python::allows(specifiers, *version) || (one.yanked && !pins(specifiers))) continue;
    const auto take = [&](auto& to) {
      if (!to || to->first < *version) to.emplace(*version, one.version);
    };
    take(any);
    if (!version->is_prerelease()) take(release);
  }
  if (release) return release->second;
  return any ? std::optional(any->second) : std::nullopt;
}

}  // namespace

Result<BundleGaps> PythonBundle::run(const Context& ctx,
                                     const std::function<Result<>(const BundleItem&)>& each) {
  if (request_->packages.empty()) {
    for (const auto& source : request_->sources) {
      if (model::is_mirror(source.type))
        return fail(Errc::invalid_argument, "'" + source.name + "' has more than anybody can carry away",
                    "say which projects: --package 'requests>=2.31,numpy'");
      TRY(catalog_->read(ctx, [&](catalog::ReadView& view) -> Result<> {
        const auto now = TRY(view.resolve(source.id, model::Latest{}));
        return view.for_each_file(source.id, now, [&](const model::FileRecord& file) -> Result<> {
          chosen_[file.package].versions.insert(file.version);
          return {};
        });
      }));
    }
  }
  for (const auto& text : request_->packages) TRY(require(ctx, TRY(python::parse_requirement(text)), true));
  TRY(settle(ctx));
  for (const auto& [project, chosen] : chosen_) TRY(emit(ctx, project, chosen, each));
  return std::move(gaps_);
}

/// Until nothing new is needed.
Result<> PythonBundle::settle(const Context& ctx) {
  for (;;) {
    for (; !queue_.empty(); queue_.pop_front()) {
      TRY(ctx.check());
      TRY(require(ctx, queue_.front(), false));
    }
    for (auto& [project, chosen] : chosen_) {
      if (chosen.specifiers.size() < 2) continue;
      std::string all;
      for (const auto& one : chosen.specifiers) all += (all.empty() ? "" : ",") + one;
      const auto found = TRY(find(ctx, project));
      if (!found) continue;
      chosen.versions.merge(newest(*found, all));
      TRY(follow(ctx, *found, chosen));
    }
    if (queue_.empty()) return {};
  }
}

Result<> PythonBundle::require(const Context& ctx, const python::Requirement& wanted, bool by_name) {
  const auto known = chosen_.find(wanted.project);
  if (known != chosen_.end() && known->second.specifiers.contains(wanted.specifiers) &&
      std::all_of(wanted.extras.begin(), wanted.extras.end(),
                  [&](const auto& extra) { return known->second.extras.contains(extra); }))
    return {};
  const auto found = TRY(find(ctx, wanted.project));
  const auto versions = found ? newest(*found, wanted.specifiers) : std::set<std::string>();
  if (versions.empty()) {
    const auto name = wanted.project + wanted.specifiers;
    if (by_name)
      return fail(Errc::not_found, "no source has '" + name.substr(0, 100) + "' at what was chosen",
                  "check its name and version, --source, --date and --python");
    if (std::find(gaps_.missing.begin(), gaps_.missing.end(), name) == gaps_.missing.end())
      gaps_.missing.push_back(name);
    return {};
  }
  auto& chosen = chosen_[wanted.project];
  chosen.specifiers.insert(wanted.specifiers);
  chosen.extras.insert(wanted.extras.begin(), wanted.extras.end());
  chosen.versions.insert(versions.begin(), versions.end());
  return follow(ctx, *found, chosen);
}

Result<std::optional<PythonBundle::Found>> PythonBundle::find(const Context& ctx,
                                                              const std::string& project) {
  for (const auto& source : request_->sources) {
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

std::set<std::string> PythonBundle::newest(const Found& found, const std::string& specifiers) const {
  const auto takes = [&](const std::string& requires_python) {
    return !request_->python_version || python::allows(requires_python, *request_->python_version);
  };
  std::set<std::string> versions;
  if (!model::is_mirror(found.source->type)) {
    std::vector<Candidate> candidates;
    for (const auto& file : found.files) {
      if (takes(file.requires_python)) candidates.push_back({file.version, file.yanked.has_value()});
    }
    if (auto one = best(candidates, specifiers)) versions.insert(*std::move(one));
    return versions;
  }
  for (const auto& moment : request_->moments) {
    std::vector<Candidate> candidates;
    for (const auto& file : found.project.files) {
      if (file.visible(moment) && takes(file.requires_python))
        candidates.push_back({file.version, file.yanked.has_value()});
    }
    if (auto one = best(candidates, specifiers)) versions.insert(*std::move(one));
  }
  return versions;
}

/// What the chosen versions need, with the extras that were asked for.
Result<> PythonBundle::follow(const Context& ctx, const Found& found, Chosen& chosen) {
  if (!request_->dependencies) return {};
  auto extras = chosen.extras;
  extras.insert("");
  for (const auto& version : std::set(chosen.versions)) {
    std::vector<model::FileRecord> files;
    for (const auto& file : found.files) {
      if (file.version == version) files.push_back(file);
    }
    for (const auto& file : found.project.files) {
      if (file.version == version && !file.gone)
        files.push_back(file_record(file, found.project, found.source->id, {}, chosen_name(found)));
    }
    // A wheel says it best.
    const auto wheel = std::find_if(files.begin(), files.end(), [](const auto& file) {
      return file.kind == model::FileKind::wheel && (file.metadata_sha256 || !file.metadata.empty());
    });
    for (const auto& extra : extras) {
      if (files.empty() || !chosen.followed.emplace(version, extra).second) continue;
      TRY(follow_version(ctx, wheel != files.end() ? *wheel : files.front(), extra));
    }
  }
  return {};
}

Result<> PythonBundle::follow_version(const Context& ctx, const model::FileRecord& file,
                                      const std::string& extra) {
  const auto lines = TRY((*requirements_)(ctx, file));
  if (!lines) {
    if (std::find(gaps_.unread.begin(), gaps_.unread.end(), file.filename) == gaps_.unread.end())
      gaps_.unread.push_back(file.filename);
    return {};
  }
  for (const auto& line : *lines) {
    auto needed = python::parse_requirement(line);
    if (needed && needed->extra == extra) queue_.push_back(*std::move(needed));
  }
  return {};
}

std::string PythonBundle::chosen_name(const Found& found) {
  return python::normalize_name(found.project.shown);
}

Result<> PythonBundle::emit(const Context& ctx, const std::string& project, const Chosen& chosen,
                            const std::function<Result<>(const BundleItem&)>& each) {
  const auto found = TRY(find(ctx, project));
  if (!found) return {};
  const auto takes = [&](const std::string& requires_python) {
    return !request_->python_version || python::allows(requires_python, *request_->python_version);
  };
  BundleItem item{found->source->id, "", project, "", {}};
  for (const auto& file : found->files) {
    if (chosen.versions.contains(file.version)) item.files.push_back(file);
  }
  if (model::is_mirror(found->source->type)) {
    auto kept = found->project;
    std::erase_if(kept.files, [&](const python::UpstreamFile& file) {
      const bool shown = std::any_of(request_->moments.begin(), request_->moments.end(),
                                     [&](const auto& moment) { return file.visible(moment); });
      return !shown || !chosen.versions.contains(file.version) || !takes(file.requires_python);
    });
    kept.etag.clear();
    for (const auto& file : kept.files)
      item.files.push_back(file_record(file, kept, found->source->id, {}, project));
    item.record = python::encode(kept);
  }
  return each(item);
}

}  // namespace granary::view
