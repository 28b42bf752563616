#include "api/meta_package.h"

#include <algorithm>
#include <map>

#include "base/time_text.h"
#include "python/metadata.h"
#include "python/name.h"
#include "r/description.h"
#include "view/newest_file.h"
#include "view/version_order.h"

namespace granary::api {
namespace {

using model::Ecosystem;
using model::FileRecord;

struct Info {
  std::string title, license, description, author, requires_text;
  std::vector<std::pair<std::string, std::string>> urls;
  std::vector<std::pair<std::string, std::string>> dependencies;  // field, value
};

Info info_of_r(const FileRecord& file) {
  Info info;
  const auto description = r::parse_description(file.metadata);
  if (!description) return info;
  const auto get = [&](std::string_view field) { return r::single_line(description->get(field)); };
  info.title = get("Title");
  info.license = get("License");
  info.description = get("Description");
  info.author = get("Maintainer");
  info.requires_text = get("SystemRequirements");
  for (const auto* field : {"URL", "BugReports"}) {
    if (auto value = get(field); !value.empty()) info.urls.emplace_back(field, std::move(value));
  }
  for (const auto* field : {"Depends", "Imports", "LinkingTo", "Suggests", "Enhances"}) {
    if (auto value = get(field); !value.empty()) info.dependencies.emplace_back(field, std::move(value));
  }
  return info;
}

Info info_of_python(const FileRecord& file) {
  auto metadata = python::read_metadata(file.metadata);
  Info info;
  info.title = std::move(metadata.summary);
  info.license = metadata.license_expression.empty() ? std::move(metadata.license)
                                                     : std::move(metadata.license_expression);
  info.author = metadata.author.empty() ? std::move(metadata.author_email) : std::move(metadata.author);
  info.requires_text = std::move(metadata.requires_python);
  info.urls = std::move(metadata.project_urls);
  if (!metadata.home_page.empty()) info.urls.emplace_back("Homepage", std::move(metadata.home_page));
  for (auto& one : metadata.requires_dist) info.dependencies.emplace_back("Requires-Dist", std::move(one));
  return info;
}

void append_main(JsonWriter& json, const FileRecord& main, const Info& info) {
  json.member("name", main.name.empty() ? main.package : main.name);
  json.member("version", main.version);
  json.member("summary", info.title);
  json.member("license", info.license);
  json.member("package_date", rfc3339(main.uploaded_at));
  json.member("package_size", main.size);
  json.member("is_archived", main.archived);
}

void append_file(JsonWriter& json, const FileRecord& file) {
  json.begin_object();
  json.member("filename", file.filename);
  json.member("type", model::name_of(file.kind));
  json.member("size", file.size);
  json.member("sha256", file.blob.hex());
  json.member("md5", file.md5);
  json.member("uploaded_at", rfc3339(file.uploaded_at));
  json.member("archived", file.archived);
  json.member("yanked", file.yanked.has_value());
  if (file.yanked) json.member("yanked_reason", *file.yanked);
  if (!file.requires_python.empty()) json.member("requires_python", file.requires_python);
  json.member("transaction", file.added_in.value);
  json.end_object();
}

void append_info(JsonWriter& json, const Info& info) {
  json.key("info");
  json.begin_object();
  json.member("summary", info.title);
  json.member("license", info.license);
  json.member("description", info.description);
  json.member("author", info.author);
  json.member("requirements", info.requires_text);
  json.key("project_urls");
  json.begin_object();
  for (const auto& [label, url] : std::map(info.urls.begin(), info.urls.end())) json.member(label, url);
  json.end_object();
  json.key("dependencies");
  json.begin_array();
  for (const auto& [field, value] : info.dependencies) {
    json.begin_object();
    json.member("type", field);
    json.member("value", value);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void append_releases(JsonWriter& json, Ecosystem ecosystem, const std::vector<FileRecord>& files,
                     std::string_view current) {
  std::vector<const FileRecord*> sorted;
  for (const auto& file : files) sorted.push_back(&file);
  std::stable_sort(sorted.begin(), sorted.end(), [&](const FileRecord* a, const FileRecord* b) {
    const auto order = view::compare_versions(ecosystem, a->version, b->version);
    return order != 0 ? order > 0 : a->version < b->version;
  });
  json.key("releases");
  json.begin_array();
  for (std::size_t i = 0; i < sorted.size();) {
    const auto& version = sorted[i]->version;
    json.begin_object();
    json.member("version", version);
    json.member("date", rfc3339(sorted[i]->uploaded_at));
    json.member("is_current", version == current);
    json.key("files");
    json.begin_array();
    for (; i < sorted.size() && sorted[i]->version == version; ++i) append_file(json, *sorted[i]);
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

Info info_of(Ecosystem ecosystem, const FileRecord& file) {
  return ecosystem != Ecosystem::python ? info_of_r(file) : info_of_python(file);
}

}  // namespace

std::string package_key(Ecosystem ecosystem, std::string_view name) {
  return ecosystem != Ecosystem::python ? std::string(name) : python::normalize_name(name);
}

void append_summary(JsonWriter& json, Ecosystem ecosystem, const FileRecord& main) {
  json.begin_object();
  append_main(json, main, info_of(ecosystem, main));
  json.end_object();
}

void append_name(JsonWriter& json, std::string_view name) {
  json.begin_object();
  json.member("name", name);
  for (const auto* field : {"version", "summary", "license"}) json.member(field, std::string_view());
  json.key("package_date");
  json.null();
  json.member("package_size", 0);
  json.member("is_archived", false);
  json.end_object();
}

Result<> append_package(JsonWriter& json, Ecosystem ecosystem, const std::vector<FileRecord>& files,
                        const std::optional<std::string>& version) {
  const FileRecord* main = &view::newest_file(ecosystem, files);
  const std::string current = main->version;
  if (version) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const FileRecord& file) {
      return view::compare_versions(ecosystem, file.version, *version) == 0;
    });
    if (found == files.end())
      return fail(Errc::not_found, "no version '" + version->substr(0, 80) + "' of '" + main->package + "'",
                  "leave version out to see the releases");
    main = &*found;
  }
  const auto info = info_of(ecosystem, *main);
  json.begin_object();
  append_main(json, *main, info);
  append_info(json, info);
  append_releases(json, ecosystem, files, current);
  json.end_object();
  return {};
}

}  // namespace granary::api
