#include <simdjson.h>

#include <utility>

#include "base/text.h"
#include "base/time_text.h"
#include "python/name.h"
#include "python/project_entry.h"
#include "python/project_page.h"

namespace granary::python {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kLongestText = 4096;  // of a URL, a specifier or the reason of a yank

tl::unexpected<Error> broken(simdjson::error_code error) {
  return fail(Errc::corrupt,
              std::string("the answer of the index is broken JSON: ") + simdjson::error_message(error),
              "open the page in a browser: is it the Simple API?");
}

/// Of a value only: the reader goes on behind it. Anything else says that the document itself is broken.
bool is_harmless(simdjson::error_code error) noexcept {
  return error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_ERROR ||
         error == simdjson::NUMBER_OUT_OF_RANGE || error == simdjson::STRING_ERROR;
}

Result<> tolerate(simdjson::error_code error) {
  if (error != simdjson::SUCCESS && !is_harmless(error)) return broken(error);
  return {};
}

Result<std::optional<std::string>> text_of(ondemand::value value) {
  std::string_view text;
  const auto error = value.get_string().get(text);
  TRY(tolerate(error));
  if (error || text.size() > kLongestText) return std::nullopt;
  return std::string(text);
}

Result<std::optional<std::int64_t>> integer_of(ondemand::value value) {
  std::int64_t number = 0;
  const auto error = value.get_int64().get(number);
  TRY(tolerate(error));
  if (error) return std::nullopt;
  return number;
}

/// Calls `each(key, value)` for the members of an object; nothing for what is not one.
template <class Each>
Result<> for_each_member(ondemand::value value, const Each& each) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) {
    TRY(tolerate(error));
    return {};
  }
  for (auto member : object) {
    std::string_view key;
    if (const auto error = member.unescaped_key().get(key)) {
      TRY(tolerate(error));
      continue;
    }
    ondemand::value inner;
    if (const auto error = member.value().get(inner)) {
      TRY(tolerate(error));
      continue;
    }
    TRY(each(key, inner));
  }
  return {};
}

Result<> read_hashes(ondemand::value value, UpstreamFile& file) {
  return for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
    if (key != "sha256" && key != "md5") return {};
    const bool strong = key == "sha256";
    auto text = TRY(text_of(inner));
    if (!text) return {};
    if (strong) {
      file.sha256 = Digest::parse(lower(*text));
    } else if (const auto hex = lower(*text); is_hex(hex, 16)) {
      file.md5 = hex;
    }
    return {};
  });
}

/// true, false or {"sha256": "..."}.
Result<> read_core_metadata(ondemand::value value, UpstreamFile& file) {
  bool yes = false;
  const auto error = value.get_bool().get(yes);
  TRY(tolerate(error));
  if (!error) {
    file.has_metadata = file.has_metadata || yes;
    return {};
  }
  return for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
    file.has_metadata = true;
    if (key != "sha256") return {};
    if (const auto text = TRY(text_of(inner))) file.metadata_sha256 = Digest::parse(lower(*text));
    return {};
  });
}

/// false, true or the reason.
Result<> read_yanked(ondemand::value value, UpstreamFile& file) {
  bool yes = false;
  const auto error = value.get_bool().get(yes);
  TRY(tolerate(error));
  if (!error) {
    if (yes) file.yanked.emplace();
    return {};
  }
  file.yanked = TRY(text_of(value));
  return {};
}

Result<UpstreamFile> read_file(ondemand::value value) {
  UpstreamFile file;
  TRY(for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
    const auto text_to = [&](std::string& to) -> Result<> {
      if (auto text = TRY(text_of(inner))) to = std::move(*text);
      return {};
    };
    if (key == "filename") return text_to(file.filename);
    if (key == "url") return text_to(file.url);
    if (key == "hashes") return read_hashes(inner, file);
    if (key == "requires-python") return text_to(file.requires_python);
    if (key == "yanked") return read_yanked(inner, file);
    if (key == "provenance") return text_to(file.provenance);
    if (key == "core-metadata" || key == "dist-info-metadata" || key == "data-dist-info-metadata")
      return read_core_metadata(inner, file);
    if (key == "size") {
      const auto size = TRY(integer_of(inner));
      if (size && *size >= 0) file.size = static_cast<std::uint64_t>(*size);
    } else if (key == "upload-time") {
      if (const auto text = TRY(text_of(inner))) file.uploaded_at = parse_rfc3339(*text);
    }
    return {};
  }));
  return file;
}

struct Meta {
  std::string version = "1.0";
  std::int64_t serial = 0;
};

Result<> read_meta(ondemand::value value, Meta& meta) {
  TRY(for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
    if (key == "api-version") {
      if (auto text = TRY(text_of(inner))) meta.version = std::move(*text);
    } else if (key == "_last-serial") {
      meta.serial = TRY(integer_of(inner)).value_or(0);
    }
    return {};
  }));
  if (!meta.version.starts_with("1."))
    return fail(Errc::corrupt,
                "the index speaks version " + meta.version.substr(0, 20) + " of the Simple API",
                "this server reads version 1");
  return {};
}

Result<> read_status(ondemand::value value, Project& project) {
  return for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
    if (key == "status") {
      if (const auto text = TRY(text_of(inner))) project.status = parse_project_status(*text);
    } else if (key == "reason") {
      if (auto text = TRY(text_of(inner))) project.status_reason = std::move(*text);
    }
    return {};
  });
}

/// Calls `each(key, value)` for the members of the document, and `element(value)` for those of `array`.
template <class Each, class Element>
Result<> read_document(std::string_view text, std::string_view array, const Each& each,
                       const Element& element) {
  ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) return broken(error);
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return broken(error);
  bool seen = false;
  for (auto member : object) {
    std::string_view key;
    if (const auto error = member.unescaped_key().get(key)) return broken(error);
    ondemand::value value;
    if (const auto error = member.value().get(value)) return broken(error);
    if (key != array) {
      TRY(each(key, value));
      continue;
    }
    ondemand::array items;
    if (const auto error = value.get_array().get(items)) return broken(error);
    seen = true;
    for (auto item : items) {
      ondemand::value inner;
      if (const auto error = item.get(inner)) return broken(error);
      TRY(element(inner));
    }
  }
  const char* behind = nullptr;
  if (document.current_location().get(behind) == simdjson::SUCCESS) return broken(simdjson::TRAILING_CONTENT);
  if (!seen)
    return fail(Errc::corrupt, "the answer of the index is JSON without '" + std::string(array) + "'",
                "open the page in a browser: is it the Simple API?");
  return {};
}

Result<> check_length(std::string_view page, std::size_t longest) {
  if (page.size() <= longest) return {};
  return fail(Errc::too_large, "the answer of the index has more than " + human_size(longest),
              "is that the URL of an index?");
}

}  // namespace

Result<ReadPage> read_project_json(std::string_view page, std::string_view project) {
  TRY(check_length(page, kLongestProjectPage));
  ReadPage read;
  Meta meta;
  TRY(read_document(
      page, "files",
      [&](std::string_view key, ondemand::value value) -> Result<> {
        if (key == "meta") return read_meta(value, meta);
        if (key == "project-status") return read_status(value, read.project);
        if (key == "name") {
          if (auto name = TRY(text_of(value))) read.project.shown = std::move(*name);
        }
        return {};
      },
      [&](ondemand::value value) -> Result<> {
        auto file = TRY(read_file(value));
        return add_file(read, std::move(file), project);
      }));
  if (read.project.shown.empty()) read.project.shown = project;
  if (normalize_name(read.project.shown) != project)
    return fail(Errc::corrupt, "the index answered with another project than '" + std::string(project) + "'",
                "open the page in a browser");
  read.project.serial = meta.serial;
  put_in_order(read.project);
  return read;
}

Result<std::int64_t> read_project_list_json(std::string_view list, const EachListed& each) {
  TRY(check_length(list, kLongestProjectList));
  Meta meta;
  TRY(read_document(
      list, "projects",
      [&](std::string_view key, ondemand::value value) -> Result<> {
        return key == "meta" ? read_meta(value, meta) : Result<>();
      },
      [&](ondemand::value value) -> Result<> {
        std::string_view name;  // a view into the parser's buffer, which stays until the end
        std::int64_t serial = 0;
        TRY(for_each_member(value, [&](std::string_view key, ondemand::value inner) -> Result<> {
          if (key == "name") {
            const auto error = inner.get_string().get(name);
            TRY(tolerate(error));
          } else if (key == "_last-serial") {
            serial = TRY(integer_of(inner)).value_or(0);
          }
          return {};
        }));
        return is_valid_name(name) ? each(name, serial) : Result<>();
      }));
  return meta.serial;
}

}  // namespace granary::python
