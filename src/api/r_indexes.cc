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

namespace granary::api {
namespace {

using model::FileRecord;

/// Holds the files of one package at a time.
Result<> for_each_package(const Context& ctx, view::Views& views, const view::Snapshot& snapshot,
                          const std::function<void(RPackage)>& each) {
  std::vector<FileRecord> files;
  const auto flush = [&] {
    if (!files.empty()) each(tell_apart(std::move(files)));
    files.clear();
  };
  TRY(views.for_each_file(ctx, snapshot, [&](const FileRecord& file) -> Result<> {
    if (!files.empty() && files.back().package != file.package) flush();
    files.push_back(file);
    return {};
  }));
  flush();
  return {};
}

void add_row(const Context& ctx, r::PackagesIndex& index, const FileRecord& file,
             std::string_view extension) {
  if (file.origin) {  // as upstream's index has it
    const auto usual = (file.package + '_' + file.version).append(extension);
    index.add(file.package, file.version, file.metadata, file.md5,
              file.filename == usual ? std::string_view() : file.filename, file.folder);
    return;
  }
  const auto description = r::parse_description(file.metadata);
  if (description) {
    index.add(*description, file.md5, file.filename);
  } else {  // one bad row must not take the others with it
    ctx.log().failed("failed to list " + file.filename, description.error());
  }
}

Result<r::PackagesIndex> packages_index(const Context& ctx, view::Views& views,
                                        const view::Snapshot& snapshot) {
  r::PackagesIndex index;
  const auto extension = r::extension_of(snapshot.tree);
  TRY(for_each_package(ctx, views, snapshot, [&](const RPackage& package) {
    if (package.current) add_row(ctx, index, *package.current, extension);
    for (const auto& file : package.in_folders) add_row(ctx, index, file, extension);
  }));
  index.sort();
  return index;
}

Result<std::string> archive_rds(const Context& ctx, view::Views& views, const view::Snapshot& snapshot) {
  std::vector<r::ArchivedPackage> packages;
  TRY(for_each_package(ctx, views, snapshot, [&](const RPackage& package) {
    if (package.archive.empty()) return;
    const auto& name = package.archive.front().package;
    r::ArchivedPackage archived{name, {}};
    for (const auto& file : package.archive) {
      if (file.folder.empty())
        archived.files.push_back({name + '/' + file.filename, file.size, file.uploaded_at});
    }
    if (!archived.files.empty()) packages.push_back(std::move(archived));
  }));
  std::sort(packages.begin(), packages.end(),
            [](const auto& a, const auto& b) { return a.package < b.package; });
  return gzip(r::archive_rds(packages));
}

Result<std::vector<r::IndexedFile>> current_files(const Context& ctx, view::Views& views,
                                                  const view::Snapshot& snapshot) {
  std::vector<r::IndexedFile> files;
  TRY(for_each_package(ctx, views, snapshot, [&](const RPackage& package) {
    if (package.current)
      files.push_back({package.current->filename, package.current->size, package.current->uploaded_at});
    for (const auto& file : package.in_folders)
      files.push_back({file.folder + '/' + file.filename, file.size, file.uploaded_at});
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
                                   RIndex index) {
  switch (index) {
    case RIndex::packages:
      return TRY(packages_index(ctx, views, snapshot)).text();
    case RIndex::packages_rds:
      return gzip(TRY(packages_index(ctx, views, snapshot)).rds());
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
