#include "ingest/selector.h"

#include <algorithm>

#include "archive/path.h"
#include "python/name.h"
#include "python/version.h"
#include "r/version.h"

namespace granary::ingest {

namespace {

std::strong_ordering compare(model::FileKind kind, std::string_view a, std::string_view b) {
  return kind == model::FileKind::r_source ? r::compare_versions(a, b) : python::compare_versions(a, b);
}

bool is_older(const model::FileRecord& a, const model::FileRecord& b) {
  return compare(a.kind, a.version, b.version) < 0;
}

}  // namespace

Result<Selector> parse_selector(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    return fail(Errc::invalid_argument,
                "'" + archive::shown(text) + "' does not say which files of a package",
                "write package@1.2, package@all, package@current or package@file-name");
  }
  return Selector{std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

std::string package_key(const model::Source& source, std::string_view package) {
  return model::ecosystem_of(source.type) == model::Ecosystem::python ? python::normalize_name(package)
                                                                      : std::string(package);
}

std::vector<model::FileRecord> select_current(const std::vector<model::FileRecord>& files) {
  const auto newest = std::max_element(files.begin(), files.end(), is_older);
  std::vector<model::FileRecord> out;
  for (const auto& file : files) {
    if (compare(file.kind, file.version, newest->version) == 0 && !file.archived) out.push_back(file);
  }
  return out;
}

Result<std::vector<model::FileRecord>> select_files(const std::vector<model::FileRecord>& files,
                                                    const model::Source& source, const Selector& selector) {
  if (files.empty()) {
    return fail(Errc::not_found,
                "the source '" + source.name + "' has no package '" + archive::shown(selector.package) + "'",
                "list them with: granary list packages --source=" + source.name);
  }
  if (selector.which == "all") return files;
  std::vector<model::FileRecord> out;
  if (selector.which == "current") {
    out = select_current(files);
  } else {
    for (const auto& file : files) {
      if (file.filename == selector.which || compare(file.kind, file.version, selector.which) == 0)
        out.push_back(file);
    }
  }
  if (!out.empty()) return out;
  const auto newest = std::max_element(files.begin(), files.end(), is_older);
  return fail(Errc::not_found,
              selector.which == "current"
                  ? "the newest version of '" + newest->name + "' is in the archive already"
                  : "'" + newest->name + "' has neither a version nor a file '" +
                        archive::shown(selector.which) + "'",
              "its newest version is " + newest->version);
}

}  // namespace granary::ingest
