#include "ingest/admission.h"

#include <algorithm>

#include "python/version.h"
#include "r/version.h"

namespace granary::ingest {

namespace {

// twine and uv look for these words, with this capital.
constexpr std::string_view kExists = "File already exists";

Result<> check_siblings(const Standing& standing, const model::FileRecord& candidate) {
  for (const auto& other : standing.siblings) {
    if (other.filename == candidate.filename) continue;
    if (candidate.kind == model::FileKind::sdist && other.kind == model::FileKind::sdist &&
        python::compare_versions(other.version, candidate.version) == 0) {
      return fail(Errc::invalid_argument,
                  "release " + candidate.version + " of " + candidate.name + " has an sdist already: '" +
                      other.filename + "'",
                  "one sdist per release: publish a new version, or remove the other one first");
    }
    // "1.0-1" and "1.0.1" are one version to R, which would take either.
    if (candidate.kind == model::FileKind::r_source &&
        r::compare_versions(other.version, candidate.version) == 0) {
      return fail(Errc::conflict,
                  "version " + candidate.version + " of " + candidate.name + " is to R the same as " +
                      other.version + ", which is there already",
                  "publish it under a new version");
    }
  }
  return {};
}

}  // namespace

Result<Standing> read_standing(catalog::ReadView& view, model::TxNo at, const model::FileRecord& candidate) {
  Standing out;
  out.history = TRY(view.history(candidate.source, candidate.filename));
  if (candidate.kind == model::FileKind::wheel) return out;
  out.siblings = TRY(view.files(candidate.source, at, candidate.package));
  if (candidate.kind == model::FileKind::r_source) {
    out.other_case = TRY(view.find_other_case(candidate.source, at, candidate.package));
  }
  return out;
}

Result<Admission> admit(const Standing& standing, const model::FileRecord& candidate, bool replace) {
  const auto visible = std::find_if(standing.history.begin(), standing.history.end(),
                                    [](const model::FileRecord& f) { return !f.gone_in; });
  if (visible != standing.history.end()) {
    if (visible->blob == candidate.blob) return Admission{Admission::Kind::already, *visible};
    if (!replace) {
      return fail(Errc::conflict, std::string(kExists) + ": '" + candidate.filename + "', with other content",
                  "publish a new version; only with --replace does other content take its place");
    }
    return Admission{Admission::Kind::replace, *visible};
  }
  if (standing.other_case) {
    return fail(Errc::conflict,
                "package '" + candidate.package + "' differs only by case from '" + *standing.other_case +
                    "', which is there already",
                "choose another name: on some systems both would be one folder");
  }
  TRY(check_siblings(standing, candidate));
  const bool served_other = std::any_of(standing.history.begin(), standing.history.end(),
                                        [&](const model::FileRecord& f) { return f.blob != candidate.blob; });
  if (served_other && !replace) {
    return fail(Errc::conflict,
                std::string(kExists) + ": '" + candidate.filename + "' was removed, but had other content",
                "older snapshots still serve that content: publish a new version, or insist with --replace");
  }
  return Admission{};
}

}  // namespace granary::ingest
