#include "api/r_indexes.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "api/r_package.h"
#include "base/compress.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uri.h"
#include "r/archive_index.h"
#include "r/description.h"
#include "r/packages_index.h"
#include "r/tree_name.h"
#include "r/version.h"

namespace granary::api {
namespace {

using model::FileRecord;

/// Holds the files of one own package at a time; mirrored ones as they lie in memory.
Result<> for_each_package(const Context& ctx, view::Views& views, const view::Snapshot& snapshot,
                          const std::function<void(RPackage)>& own,
                          const std::function<void(view::RPackageView&, const model::Pin&)>& mirrored) {
  std::vector<FileRecord> files;
  const auto flush = [&] {
    if (!files.empty()) own(tell_apart(std::move(files)));
    files.clear();
  };
  TRY(views.for_each_package(
      ctx, snapshot,
      [&](const FileRecord& file) -> Result<> {
        if (!files.empty() && files.back().package != file.package) flush();
        files.push_back(file);
        return {};
      },
      [&](view::RPackageView& package, const model::Pin& pin) -> Result<> {
        mirrored(package, pin);
        return {};
      }));
  flush();
  return {};
}

/// What PACKAGES lists of a package: what lies in no folder of its own, then the lower version first.
template <class Each>
void for_each_row(const view::RPackageView& package, const Each& each) {
  const auto& versions = package.history().versions;
  const auto& current = package.current();
  if (current.size() == 1) return each(current.front());
  auto rows = current;
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    const bool in_folder = !versions[a].folder.empty(), other = !versions[b].folder.empty();
    if (in_folder != other) return other;
    return r::compare_versions(versions[a].version, versions[b].version) < 0;
  });
  for (const auto row : rows) each(row);
}

void add_row(const Context& ctx, r::PackagesIndex& index, const FileRecord& file) {
  const auto description = r::parse_description(file.metadata);
  if (description) {
    index.add(*description, file.md5, file.filename);
  } else {  // one bad row must not take the others with it
    ctx.log().failed("failed to list " + file.filename, description.error());
  }
}

Result<r::PackagesIndex> packages_index(const Context& ctx, view::Views& views,
                                        const view::Snapshot& snapshot, Undescribed& lacking) {
  r::PackagesIndex index;
  const auto extension = r::extension_of(snapshot.tree);
  std::string usual;
  TRY(for_each_package(
      ctx, views, snapshot,
      [&](const RPackage& package) {
        if (package.current) add_row(ctx, index, *package.current);
        for (const auto& file : package.in_folders) add_row(ctx, index, file);
      },
      [&](view::RPackageView& package, const model::Pin& pin) {  // as upstream's index has it
        const auto& history = package.history();
        for_each_row(package, [&](std::size_t version) {
          const auto& one = history.versions[version];
          if (one.stanza.empty() && snapshot.tree == r::kSourceTree)
            lacking.add(pin, history.package, one.version);
          const auto name = view::file_name_of(history, version);
          usual.assign(history.package).append(1, '_').append(one.version).append(extension);
          index.add(history.package, one.version, one.stanza, one.md5,
                    name == usual ? std::string_view() : name, one.folder);
        });
      }));
  index.sort();
  return index;
}

/// As tell_apart has them: the lower version first.
std::vector<std::size_t> archived_by_version(view::RPackageView& package) {
  auto archived = package.archived();
  const auto& versions = package.history().versions;
  std::stable_sort(archived.begin(), archived.end(), [&](std::size_t a, std::size_t b) {
    return r::compare_versions(versions[a].version, versions[b].version) < 0;
  });
  return archived;
}

Result<std::string> archive_rds(const Context& ctx, view::Views& views, const view::Snapshot& snapshot) {
  std::vector<r::ArchivedPackage> packages;
  const auto add = [&](r::ArchivedPackage archived) {
    if (!archived.files.empty()) packages.push_back(std::move(archived));
  };
  TRY(for_each_package(
      ctx, views, snapshot,
      [&](const RPackage& package) {
        if (package.archive.empty()) return;
        const auto& name = package.archive.front().package;
        r::ArchivedPackage archived{name, {}};
        for (const auto& file : package.archive)
          archived.files.push_back({name + '/' + file.filename, file.size, file.uploaded_at});
        add(std::move(archived));
      },
      [&](view::RPackageView& package, const model::Pin&) {
        const auto& history = package.history();
        r::ArchivedPackage archived{std::string(history.package), {}};
        for (const auto version : archived_by_version(package)) {
          const auto& one = history.versions[version];
          if (one.folder.empty())
            archived.files.push_back(
                {archived.package + '/' + view::file_name_of(history, version), one.size, one.published});
        }
        add(std::move(archived));
      }));
  std::sort(packages.begin(), packages.end(),
            [](const auto& a, const auto& b) { return a.package < b.package; });
  return gzip(r::archive_rds(packages));
}

Result<std::vector<r::IndexedFile>> current_files(const Context& ctx, view::Views& views,
                                                  const view::Snapshot& snapshot) {
  std::vector<r::IndexedFile> files;
  TRY(for_each_package(
      ctx, views, snapshot,
      [&](const RPackage& package) {
        if (package.current)
          files.push_back({package.current->filename, package.current->size, package.current->uploaded_at});
        for (const auto& file : package.in_folders)
          files.push_back({file.folder + '/' + file.filename, file.size, file.uploaded_at});
      },
      [&](view::RPackageView& package, const model::Pin&) {
        const auto& history = package.history();
        for_each_row(package, [&](std::size_t version) {
          const auto& one = history.versions[version];
          const auto folder = one.folder.empty() ? std::string() : std::string(one.folder) + '/';
          files.push_back({folder + view::file_name_of(history, version), one.size, one.published});
        });
      }));
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

Result<std::string> folder(const Context& ctx, view::Views& views, const view::Snapshot& snapshot) {
  const std::string title =
      (r::binary_tag_of(snapshot.tree).empty() ? "Source packages of " : "Binary packages of ") +
      html_escape(snapshot.repository->name);
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + title +
                     "</title></head>\n<body>\n<h1>" + title +
                     "</h1>\n<p><a href=\"PACKAGES\">PACKAGES</a> <a href=\"PACKAGES.gz\">PACKAGES.gz</a> "
                     "<a href=\"PACKAGES.rds\">PACKAGES.rds</a></p>\n<table>\n";
  for (const auto& file : TRY(current_files(ctx, views, snapshot))) {
    page += "<tr><td><a href=\"" + percent_encode(file.path, true) + "\">" + html_escape(file.path) +
            "</a></td><td>" + human_size(file.size) + "</td><td>" +
            day_text(std::chrono::floor<std::chrono::days>(file.time)) + "</td></tr>\n";
  }
  page += "</table>\n</body>\n</html>\n";
  return page;
}

}  // namespace

Result<std::string> render_r_index(const Context& ctx, view::Views& views, const view::Snapshot& snapshot,
                                   RIndex index, Undescribed& lacking) {
  switch (index) {
    case RIndex::packages:
      return TRY(packages_index(ctx, views, snapshot, lacking)).text();
    case RIndex::packages_rds:
      return gzip(TRY(packages_index(ctx, views, snapshot, lacking)).rds());
    case RIndex::archive_rds:
      return archive_rds(ctx, views, snapshot);
    case RIndex::current_rds:
      return gzip(r::current_rds(TRY(current_files(ctx, views, snapshot))));
    case RIndex::folder:
      return folder(ctx, views, snapshot);
  }
  return fail(Errc::internal, "no such index");
}

}  // namespace granary::api
