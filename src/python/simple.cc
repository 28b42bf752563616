#include "python/simple.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/append_text.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uri.h"
#include "python/version.h"

namespace granary::python {
namespace {

template <class File>
struct Keyed {
  std::shared_ptr<const std::optional<Version>> version;  // shared by files of one spelling
  const File* file;
};

template <class File>
std::strong_ordering compare_version(const Keyed<File>& a, const Keyed<File>& b) {
  if (a.version == b.version) return std::strong_ordering::equal;
  const auto &x = *a.version, &y = *b.version;
  // What is not a version sorts first: it is older than the rule.
  if (x.has_value() != y.has_value()) return x.has_value() <=> y.has_value();
  return x ? *x <=> *y : a.file->version <=> b.file->version;
}

template <class File>
bool before(const Keyed<File>& a, const Keyed<File>& b) {
  const auto versions = compare_version(a, b);
  return versions != 0 ? versions < 0 : a.file->filename < b.file->filename;
}

template <class File>
std::vector<Keyed<File>> keyed(std::span<const File> files) {
  std::vector<Keyed<File>> all;
  all.reserve(files.size());
  for (const auto& file : files) {
    const bool same = !all.empty() && all.back().file->version == file.version;
    all.push_back({same ? all.back().version
                        : std::make_shared<const std::optional<Version>>(Version::parse(file.version)),
                   &file});
  }
  // Records of mirrors are in order already.
  if (!std::is_sorted(all.begin(), all.end(), before<File>)) std::sort(all.begin(), all.end(), before<File>);
  return all;
}

template <class File>
std::vector<std::string> versions_of(const std::vector<Keyed<File>>& sorted) {
  std::vector<std::string> versions;
  const Keyed<File>* last = nullptr;
  for (const auto& entry : sorted) {
    if (last == nullptr || compare_version(*last, entry) != 0) versions.emplace_back(entry.file->version);
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

/// Of a file, and of its metadata: written several times.
using HexDigits = std::array<char, 2 * sizeof(Digest)>;
std::string_view text_of(const HexDigits& digits) { return {digits.data(), digits.size()}; }

/// Zeros stand for no digest.
HexDigits hex_digits(ByteSpan digest) {
  HexDigits digits;
  digits.fill('0');
  if (digest.size() == sizeof(Digest)) write_hex(digits.data(), digest);
  return digits;
}

/// Nearly every name is plain.
void append_encoded(std::string& out, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  });
  if (plain) {
    out += text;
  } else {
    out += percent_encode(text);
  }
}

void append_path(std::string& out, std::string_view digest, std::string_view filename) {
  out.append(digest, 0, 2).append(1, '/').append(digest, 2, 2).append(1, '/');
  out.append(digest).append(1, '/');
  append_encoded(out, filename);
}

void append_core_metadata(std::string& out, const PageFile& file) {
  if (file.metadata_sha256.empty()) {
    out += R"(,"core-metadata":false,"data-dist-info-metadata":false)";
    return;
  }
  const auto digits = hex_digits(file.metadata_sha256);
  for (const std::string_view key :
       {R"(,"core-metadata":{"sha256":")", R"(,"data-dist-info-metadata":{"sha256":")"})
    out.append(key).append(text_of(digits)).append(R"("})");
}

std::string provenance_url(const ProjectPage& page, const PageFile& file) {
  return std::string(page.provenance_prefix) + percent_encode(page.name) + '/' +
         percent_encode(file.version) + '/' + percent_encode(file.filename) + "/provenance";
}

/// `prefix` as it stands within a string of JSON; what comes behind it in the URL needs no escapes. By hand,
/// since large pages have tens of thousands of these.
void append_file(std::string& out, const PageFile& file, std::string_view prefix, const ProjectPage& page) {
  out += R"({"filename":)";
  append_json_string(out, file.filename);
  out.append(R"(,"url":")").append(prefix);
  const auto digits = hex_digits(file.sha256);
  append_path(out, text_of(digits), file.filename);
  out += R"(","hashes":{)";
  if (!file.sha256.empty()) {
    out.append(R"("sha256":")").append(text_of(digits)).append(1, '"');
  } else if (!file.md5.empty()) {
    out += R"("md5":)";
    append_json_string(out, file.md5);
  }
  out += '}';
  if (!file.requires_python.empty()) {
    out += R"(,"requires-python":)";
    append_json_string(out, file.requires_python);
  }
  if (file.size != 0) out.append(R"(,"size":)").append(std::to_string(file.size));
  if (file.uploaded_at != Time{})
    out.append(R"(,"upload-time":")").append(rfc3339(file.uploaded_at)).append(1, '"');
  out += R"(,"yanked":)";
  // An empty reason is a yank too, but an empty string reads as "not yanked" in most clients.
  if (!file.yanked || file.yanked->empty()) {
    out += file.yanked ? "true" : "false";
  } else {
    append_json_string(out, *file.yanked);
  }
  append_core_metadata(out, file);
  out += R"(,"provenance":)";
  if (file.provenance) {
    append_json_string(out, provenance_url(page, file));
  } else {
    out += "null";
  }
  out += '}';
}

/// Room that a page is likely to need: growing one of 12 MB copies it several times.
std::size_t likely_length(const ProjectPage& page) {
  constexpr std::size_t kOfEach = 480;
  std::size_t length = 0;
  for (const auto& file : page.files)
    length += kOfEach + 2 * file.filename.size() + file.requires_python.size() +
              (file.provenance ? page.provenance_prefix.size() + file.filename.size() : 0);
  return length;
}

void append_fragment(std::string& out, const PageFile& file, std::string_view digest) {
  if (!file.sha256.empty()) {
    out.append("#sha256=").append(digest);
  } else if (!file.md5.empty()) {
    out += "#md5=";
    append_html(out, file.md5);
  }
}

std::string meta_tag(std::string_view name, std::string_view content) {
  return "    <meta name=\"" + std::string(name) + "\" content=\"" + html_escape(content) + "\">\n";
}

std::string html_head(std::string_view title, std::string_view more = {}) {
  std::string out = "<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n";
  out += meta_tag("pypi:repository-version", kSimpleApiVersion);
  out += more;
  out += "    <title>";
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
  append_html(out, value);
  out += '"';
}

}  // namespace

std::string file_path(const model::FileRecord& file) {
  std::string path;
  append_path(path, file.blob.hex(), file.filename);
  return path;
}

PageFile page_file(const model::FileRecord& file) {
  PageFile out;
  out.filename = file.filename;
  out.version = file.version;
  // Of a mirrored file upstream may give no SHA-256.
  if (!file.origin || file.origin->digest_known) out.sha256 = file.blob.bytes;
  out.md5 = file.md5;
  out.size = file.size;
  out.uploaded_at = file.uploaded_at;
  out.requires_python = file.requires_python;
  out.yanked = file.yanked;
  if (file.metadata_sha256) out.metadata_sha256 = file.metadata_sha256->bytes;
  out.provenance = !file.provenance.empty();
  return out;
}

std::vector<PageFile> page_files(std::span<const model::FileRecord> files) {
  std::vector<PageFile> out;
  out.reserve(files.size());
  for (const auto& file : files) out.push_back(page_file(file));
  return out;
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
  list.for_each_project([&](std::string_view project) {
    json.begin_object();
    json.member("name", project);
    json.member("_last-serial", list.last_serial);
    json.end_object();
  });
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

std::string simple_list_html(const ProjectList& list) {
  std::string out = html_head("Simple index");
  list.for_each_project([&](std::string_view project) {
    out.append("    <a href=\"").append(percent_encode(project)).append("/\">");
    append_html(out, project);
    out += "</a><br>\n";
  });
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
  json.member("status", name_of(page.status));
  if (!page.status_reason.empty()) json.member("reason", page.status_reason);
  json.end_object();
  json.key("versions");
  json.begin_array();
  for (const auto& version : versions_of(sorted)) json.value(version);
  json.end_array();
  std::string out;
  out.reserve(json.text().size() + likely_length(page));
  out = json.text();
  std::string prefix;
  append_json_string(prefix, page.files_prefix);
  prefix = prefix.substr(1, prefix.size() - 2);
  out += R"(,"files":[)";
  for (const auto& entry : sorted) {
    if (&entry != sorted.data()) out += ',';
    append_file(out, *entry.file, prefix, page);
  }
  return out += "]}";
}

std::string simple_project_html(const ProjectPage& page) {
  const std::string title = "Links for " + std::string(page.name);
  std::string status;
  if (page.status != ProjectStatus::active) {
    status = meta_tag("pypi:project-status", name_of(page.status));
    if (!page.status_reason.empty()) status += meta_tag("pypi:project-status-reason", page.status_reason);
  }
  std::string out = html_head(title, status);
  out.reserve(out.size() + likely_length(page));
  out += "    <h1>" + html_escape(title) + "</h1>\n";
  const auto prefix = html_escape(page.files_prefix);
  for (const auto& entry : keyed(page.files)) {
    const auto& file = *entry.file;
    out.append("    <a href=\"").append(prefix);
    const auto digits = hex_digits(file.sha256);
    append_path(out, text_of(digits), file.filename);  // and what follows, needs no escapes
    append_fragment(out, file, text_of(digits));
    out += '"';
    if (!file.requires_python.empty()) attribute(out, "data-requires-python", file.requires_python);
    if (file.yanked) attribute(out, "data-yanked", *file.yanked);
    if (file.provenance) attribute(out, "data-provenance", provenance_url(page, file));
    if (!file.metadata_sha256.empty()) {
      const auto metadata = hex_digits(file.metadata_sha256);
      for (const std::string_view name :
           {" data-core-metadata=\"sha256=", " data-dist-info-metadata=\"sha256="})
        out.append(name).append(text_of(metadata)).append(1, '"');
    }
    out += '>';
    append_html(out, file.filename);
    out += "</a><br>\n";
  }
  html_end(out, page.last_serial);
  return out;
}

}  // namespace granary::python
