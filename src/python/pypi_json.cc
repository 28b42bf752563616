#include "python/pypi_json.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/json.h"
#include "base/time_text.h"
#include "python/filename.h"
#include "python/metadata.h"
#include "python/simple.h"
#include "python/version.h"

namespace granary::python {
namespace {

struct Release {
  std::string text;
  std::optional<Version> version;
  std::vector<const model::FileRecord*> files;
  bool yanked() const {
    return std::all_of(files.begin(), files.end(), [](const auto* file) { return file->yanked.has_value(); });
  }
};

std::vector<Release> releases_of(std::span<const model::FileRecord> files) {
  std::vector<Release> releases;
  for (const auto* file : sorted_files(files)) {
    auto version = Version::parse(file->version);
    if (!releases.empty()) {
      auto& last = releases.back();
      if (last.version && version ? *last.version == *version : last.text == file->version) {
        last.files.push_back(file);
        continue;
      }
    }
    releases.push_back({file->version, std::move(version), {file}});
  }
  return releases;
}

/// 2: final, 1: pre-release, 0: yanked. The newest of the highest kind is what the project shows.
int standing(const Release& release) {
  if (release.yanked()) return 0;
  return release.version && !release.version->is_prerelease() ? 2 : 1;
}

const Release* newest(const std::vector<Release>& releases) {
  const Release* best = nullptr;
  for (const auto& release : releases)
    if (best == nullptr || standing(release) >= standing(*best)) best = &release;
  return best;
}

const Release* find(const std::vector<Release>& releases, std::string_view text) {
  const auto wanted = Version::parse(text);
  for (const auto& release : releases)
    if (wanted && release.version ? *wanted == *release.version : release.text == text) return &release;
  return nullptr;
}

/// The first wheel's, because it is final; else the sdist's.
CoreMetadata metadata_of(const Release& release) {
  const model::FileRecord* chosen = nullptr;
  for (const auto* file : release.files) {
    if (file->metadata.empty()) continue;
    if (chosen == nullptr || (chosen->kind != model::FileKind::wheel && file->kind == model::FileKind::wheel))
      chosen = file;
  }
  return chosen == nullptr ? CoreMetadata{} : read_metadata(chosen->metadata);
}

void member_or_null(JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  value.empty() ? json.null() : json.value(value);
}

void array_or_null(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key);
  if (values.empty()) return json.null();
  json.begin_array();
  for (const auto& value : values) json.value(value);
  json.end_array();
}

std::string yank_reason(const Release& release) {
  for (const auto* file : release.files)
    if (file->yanked && !file->yanked->empty()) return *file->yanked;
  return {};
}

void write_info(JsonWriter& json, const PypiDocument& document, const Release& release) {
  const auto meta = metadata_of(release);
  const std::string project_url = std::string(document.project_prefix) + std::string(document.name) + "/";
  json.key("info");
  json.begin_object();
  json.member("author", meta.author);
  json.member("author_email", meta.author_email);
  json.key("bugtrack_url");
  json.null();
  json.key("classifiers");
  json.begin_array();
  for (const auto& classifier : meta.classifiers) json.value(classifier);
  json.end_array();
  json.member("description", meta.description);
  member_or_null(json, "description_content_type", meta.description_content_type);
  member_or_null(json, "docs_url", {});
  member_or_null(json, "download_url", meta.download_url);
  json.key("downloads");
  json.begin_object();
  for (const char* span : {"last_day", "last_month", "last_week"}) json.member(span, -1);
  json.end_object();
  array_or_null(json, "dynamic", meta.dynamic);
  member_or_null(json, "home_page", meta.home_page);
  member_or_null(json, "keywords", meta.keywords);
  member_or_null(json, "license", meta.license);
  member_or_null(json, "license_expression", meta.license_expression);
  array_or_null(json, "license_files", meta.license_files);
  member_or_null(json, "maintainer", meta.maintainer);
  member_or_null(json, "maintainer_email", meta.maintainer_email);
  json.member("name", release.files.front()->name);
  json.member("package_url", project_url);
  json.key("platform");
  meta.platforms.empty() ? json.null() : json.value(meta.platforms.front());
  json.member("project_url", project_url);
  json.key("project_urls");
  if (meta.project_urls.empty()) {
    json.null();
  } else {
    json.begin_object();
    for (const auto& [label, url] : meta.project_urls) json.member(label.empty() ? "Homepage" : label, url);
    json.end_object();
  }
  array_or_null(json, "provides_extra", meta.provides_extra);
  json.member("release_url", project_url);
  array_or_null(json, "requires_dist", meta.requires_dist);
  member_or_null(json, "requires_python", release.files.front()->requires_python);
  json.member("summary", meta.summary);
  json.member("version", release.text);
  json.member("yanked", release.yanked());
  member_or_null(json, "yanked_reason", release.yanked() ? yank_reason(release) : std::string());
  json.end_object();
}

std::string python_version_of(const model::FileRecord& file) {
  if (file.kind != model::FileKind::wheel) return "source";
  const auto wheel = parse_wheel_filename(file.filename);
  if (!wheel) return "";
  std::string tags;
  for (const auto& tag : wheel->pythons) tags += (tags.empty() ? "" : ".") + tag;
  return tags;
}

void write_file(JsonWriter& json, const model::FileRecord& file, std::string_view prefix) {
  const std::string time = rfc3339(file.uploaded_at);
  json.begin_object();
  json.member("comment_text", "");
  json.key("core-metadata");
  if (file.metadata_sha256) {
    json.begin_object();
    json.member("sha256", file.metadata_sha256->hex());
    json.end_object();
  } else {
    json.value(false);
  }
  json.key("digests");
  json.begin_object();
  if (!file.md5.empty()) json.member("md5", file.md5);
  if (!file.origin || file.origin->digest_known) json.member("sha256", file.blob.hex());
  json.end_object();
  json.member("downloads", -1);
  json.member("filename", file.filename);
  json.member("has_sig", false);
  member_or_null(json, "md5_digest", file.md5);
  json.member("packagetype", model::name_of(file.kind));
  json.member("python_version", python_version_of(file));
  member_or_null(json, "requires_python", file.requires_python);
  json.member("size", file.size);
  json.member("upload_time", time.substr(0, 19));
  json.member("upload_time_iso_8601", time);
  json.member("url", std::string(prefix) + file_path(file));
  json.member("yanked", file.yanked.has_value());
  member_or_null(json, "yanked_reason", file.yanked.value_or(std::string()));
  json.end_object();
}

void write_files(JsonWriter& json, std::string_view key, const Release& release, std::string_view prefix) {
  json.key(key);
  json.begin_array();
  for (const auto* file : release.files) write_file(json, *file, prefix);
  json.end_array();
}

}  // namespace

std::optional<std::string> pypi_json(const PypiDocument& document, std::optional<std::string_view> version) {
  const auto releases = releases_of(document.files);
  const Release* shown = version ? find(releases, *version) : newest(releases);
  if (shown == nullptr) return std::nullopt;
  JsonWriter json;
  json.begin_object();
  write_info(json, document, *shown);
  json.member("last_serial", document.last_serial);
  json.key("ownership");
  json.begin_object();
  json.key("organization");
  json.null();
  json.key("roles");
  json.begin_array();
  json.end_array();
  json.end_object();
  if (!version) {
    json.key("releases");
    json.begin_object();
    for (const auto& release : releases) write_files(json, release.text, release, document.files_prefix);
    json.end_object();
  }
  write_files(json, "urls", *shown, document.files_prefix);
  json.key("vulnerabilities");
  json.begin_array();
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

}  // namespace granary::python
