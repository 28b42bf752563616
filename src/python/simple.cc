#include "python/simple.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uri.h"
#include "python/version.h"

namespace granary::python {
namespace {

/// Of a mirrored file upstream may give no SHA-256.
bool is_named_by_content(const model::FileRecord& file) { return !file.origin || file.origin->digest_known; }

struct Keyed {
  std::optional<Version> version;
  const model::FileRecord* file;
};

/// What is not a version sorts first: it is older than the rule.
bool before(const Keyed& a, const Keyed& b) {
  if (a.version.has_value() != b.version.has_value()) return !a.version.has_value();
  if (a.version) {
    if (const auto c = *a.version <=> *b.version; c != 0) return c < 0;
  } else if (a.file->version != b.file->version) {
    return a.file->version < b.file->version;
  }
  return a.file->filename < b.file->filename;
}

std::vector<Keyed> keyed(std::span<const model::FileRecord> files) {
  std::vector<Keyed> all;
  all.reserve(files.size());
  for (const auto& file : files) all.push_back({Version::parse(file.version), &file});
  std::sort(all.begin(), all.end(), before);
  return all;
}

std::vector<std::string> versions_of(const std::vector<Keyed>& sorted) {
  std::vector<std::string> versions;
  const Keyed* last = nullptr;
  for (const auto& entry : sorted) {
    const bool same =
        last != nullptr && (entry.version && last->version ? *entry.version == *last->version
                                                           : entry.file->version == last->file->version);
    if (!same) versions.push_back(entry.file->version);
    last = &entry;
  }
  return versions;
}

void write_meta(JsonWriter& json, std::int64_t serial) {
  json.key("meta");
  json.begin_object();
  json.member("api-version", kSimpleApiVersion);
  json.member("_last-serial", serial);
  json.end_object();
}

void write_core_metadata(JsonWriter& json, const model::FileRecord& file) {
  for (const std::string_view key : {"core-metadata", "data-dist-info-metadata"}) {
    json.key(key);
    if (!file.metadata_sha256) {
      json.value(false);
      continue;
    }
    json.begin_object();
    json.member("sha256", file.metadata_sha256->hex());
    json.end_object();
  }
}

void write_file(JsonWriter& json, const model::FileRecord& file, std::string_view prefix) {
  json.begin_object();
  json.member("filename", file.filename);
  json.member("url", std::string(prefix) + file_path(file));
  json.key("hashes");
  json.begin_object();
  if (is_named_by_content(file)) {
    json.member("sha256", file.blob.hex());
  } else if (!file.md5.empty()) {
    json.member("md5", file.md5);
  }
  json.end_object();
  if (!file.requires_python.empty()) json.member("requires-python", file.requires_python);
  if (file.size != 0) json.member("size", file.size);
  if (file.uploaded_at != Time{}) json.member("upload-time", rfc3339(file.uploaded_at));
  json.key("yanked");
  // An empty reason is a yank too, but an empty string reads as "not yanked" in most clients.
  if (!file.yanked || file.yanked->empty()) {
    json.value(file.yanked.has_value());
  } else {
    json.value(*file.yanked);
  }
  write_core_metadata(json, file);
  json.key("provenance");
  file.provenance.empty() ? json.null() : json.value(file.provenance);
  json.end_object();
}

std::string fragment_of(const model::FileRecord& file) {
  if (is_named_by_content(file)) return "#sha256=" + file.blob.hex();
  return file.md5.empty() ? std::string() : "#md5=" + file.md5;
}

std::string html_head(std::string_view title) {
  std::string out = "<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n";
  out += "    <meta name=\"pypi:repository-version\" content=\"";
  out += kSimpleApiVersion;
  out += "\">\n    <title>";
  out += html_escape(title);
  out += "</title>\n  </head>\n  <body>\n";
  return out;
}

void html_end(std::string& out, std::int64_t serial) {
  out += "  </body>\n</html>\n<!--SERIAL ";
  out += std::to_string(serial);
  out += "-->\n";
}

void attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  out += html_escape(value);
  out += '"';
}

}  // namespace

std::string file_path(const model::FileRecord& file) {
  const std::string digest = file.blob.hex();
  return digest.substr(0, 2) + '/' + digest.substr(2, 2) + '/' + digest + '/' + percent_encode(file.filename);
}

std::vector<std::string> sorted_versions(std::span<const model::FileRecord> files) {
  return versions_of(keyed(files));
}

std::vector<const model::FileRecord*> sorted_files(std::span<const model::FileRecord> files) {
  std::vector<const model::FileRecord*> sorted;
  for (const auto& entry : keyed(files)) sorted.push_back(entry.file);
  return sorted;
}

std::string simple_list_json(const ProjectList& list) {
  JsonWriter json;
  json.begin_object();
  write_meta(json, list.last_serial);
  json.key("projects");
  json.begin_array();
  for (const auto& project : list.projects) {
    json.begin_object();
    json.member("name", project);
    json.member("_last-serial", list.last_serial);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

std::string simple_list_html(const ProjectList& list) {
  std::string out = html_head("Simple index");
  for (const auto& project : list.projects) {
    out += "    <a";
    attribute(out, "href", percent_encode(project) + "/");
    out += '>' + html_escape(project) + "</a><br>\n";
  }
  html_end(out, list.last_serial);
  return out;
}

std::string simple_project_json(const ProjectPage& page) {
  const auto sorted = keyed(page.files);
  JsonWriter json;
  json.begin_object();
  write_meta(json, page.last_serial);
  json.member("name", page.name);
  json.key("project-status");
  json.begin_object();
  json.member("status", "active");
  json.end_object();
  json.key("versions");
  json.begin_array();
  for (const auto& version : versions_of(sorted)) json.value(version);
  json.end_array();
  json.key("files");
  json.begin_array();
  for (const auto& entry : sorted) write_file(json, *entry.file, page.files_prefix);
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

std::string simple_project_html(const ProjectPage& page) {
  const std::string title = "Links for " + std::string(page.name);
  std::string out = html_head(title);
  out += "    <h1>" + html_escape(title) + "</h1>\n";
  for (const auto& entry : keyed(page.files)) {
    const auto& file = *entry.file;
    out += "    <a";
    attribute(out, "href", std::string(page.files_prefix) + file_path(file) + fragment_of(file));
    if (!file.requires_python.empty()) attribute(out, "data-requires-python", file.requires_python);
    if (file.yanked) attribute(out, "data-yanked", *file.yanked);
    if (!file.provenance.empty()) attribute(out, "data-provenance", file.provenance);
    if (file.metadata_sha256) {
      const std::string digest = "sha256=" + file.metadata_sha256->hex();
      attribute(out, "data-core-metadata", digest);
      attribute(out, "data-dist-info-metadata", digest);
    }
    out += '>' + html_escape(file.filename) + "</a><br>\n";
  }
  html_end(out, page.last_serial);
  return out;
}

}  // namespace granary::python
