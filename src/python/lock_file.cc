#include "python/lock_file.h"

#include <array>
#include <optional>

#include "base/json.h"
#include "base/text.h"
#include "python/name.h"
#include "python/requirement.h"

namespace granary::python {
namespace {

tl::unexpected<Error> no_lockfile(const std::string& why) {
  return fail(Errc::invalid_argument, "it is no lockfile: " + why,
              "poetry.lock, uv.lock, pylock.toml, Pipfile.lock and renv.lock are read");
}

/// The first TOML string in `text`: "a \"b\"" or 'a'. Absent when it begins with none.
std::optional<std::string> toml_string(std::string_view text) {
  text = trim(text);
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return std::nullopt;
  const char quote = text[0];
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return out;
    if (text[i] == '\\' && quote == '"' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return std::nullopt;
}

struct Package {
  std::string name, version, marker;
  bool elsewhere = false;  // not of an index
};

/// "{ editable = "." }" and such of uv.lock; tables of pylock.toml (`vcs = {...}`, `directory = {...}`).
bool names_a_place(std::string_view key, std::string_view value) {
  constexpr std::array<std::string_view, 6> kPlaces = {"virtual", "editable", "directory",
                                                       "git",     "path",     "url"};
  if (key == "vcs" || key == "directory" || key == "archive") return true;
  if (key != "source") return false;
  for (const auto place : kPlaces)
    if (trim(value).starts_with("{") && trim(trim(value).substr(1)).starts_with(place)) return true;
  return false;
}

class TomlLock {
 public:
  Result<LockFile> read(std::string_view text) {
    for (auto line : split(text, '\n')) {
      if (in_text_) {
        in_text_ = line.find("\"\"\"") == line.npos;
        continue;
      }
      take(line);
    }
    TRY(end_package());
    if (broken_) return tl::unexpected(*broken_);
    if (!any_) return no_lockfile("it has no [[package]]");
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    // What is indented belongs to a list.
    if (line.empty() || line[0] == ' ' || line[0] == '\t' || line[0] == '#') return;
    line = trim(line);
    if (line.starts_with('[')) return section(line);
    const auto equals = line.find('=');
    if (equals == line.npos) return;
    const auto key = trim(line.substr(0, equals));
    const auto value = trim(line.substr(equals + 1));
    if (value.starts_with("\"\"\"")) {
      in_text_ = value.find("\"\"\"", 3) == value.npos;
      return;
    }
    if (section_ == Section::source && key == "type") elsewhere(toml_string(value).value_or(""));
    if (section_ != Section::package) return;
    if (key == "name") package_.name = toml_string(value).value_or("");
    if (key == "version") package_.version = toml_string(value).value_or("");
    if (key == "marker" || key == "markers") package_.marker = toml_string(value).value_or("");
    if (names_a_place(key, value)) package_.elsewhere = true;
  }
  void section(std::string_view line) {
    if (line == "[[package]]" || line == "[[packages]]") {
      if (const auto ended = end_package(); !ended && !broken_) broken_ = ended.error();
      section_ = Section::package;
      any_ = open_ = true;
    } else if (line == "[package.source]") {
      section_ = Section::source;
    } else {
      if (line == "[packages.vcs]" || line == "[packages.directory]" || line == "[packages.archive]")
        package_.elsewhere = true;
      section_ = Section::other;
    }
  }
  /// Of poetry.lock: "legacy" is another index.
  void elsewhere(std::string_view type) {
    if (type != "legacy") package_.elsewhere = true;
  }
  Result<> end_package() {
    if (!open_) return {};
    open_ = false;
    const auto package = std::move(package_);
    package_ = {};
    if (package.elsewhere) {
      out_.skipped.push_back(package.name);
      return {};
    }
    auto text = package.name + "==" + package.version;
    if (package.version.empty() || !parse_requirement(text))
      return no_lockfile("'" + text.substr(0, 100) + "' is no package with its version");
    if (!package.marker.empty()) text += " ; " + package.marker;
    out_.requirements.push_back(std::move(text));
    return {};
  }

  enum class Section : std::uint8_t { other, package, source };
  Section section_ = Section::other;
  Package package_;
  bool open_ = false, any_ = false, in_text_ = false;
  std::optional<Error> broken_;
  LockFile out_;
};

Result<LockFile> read_pipfile_lock(const Json& json) {
  LockFile out;
  for (const auto* group : {"default", "develop"}) {
    for (const auto& [name, one] : json[group].members()) {
      const auto version = one["version"].string();
      if (!version) {
        out.skipped.push_back(name);
        continue;
      }
      auto text = name + std::string(*version);
      if (!parse_requirement(text)) return no_lockfile("'" + text.substr(0, 100) + "' is no requirement");
      if (const auto marker = one["markers"].string()) text += " ; " + std::string(*marker);
      out.requirements.push_back(std::move(text));
    }
  }
  return out;
}

}  // namespace

Result<LockFile> parse_lock_file(std::string_view text) {
  if (!trim(text).starts_with('{')) return TomlLock().read(text);
  const auto json = Json::parse(text);
  if (!json) return no_lockfile(json.error().message());
  if (!(*json)["_meta"].is_object() || !(*json)["default"].is_object())
    return no_lockfile("it has no \"default\"");
  return read_pipfile_lock(*json);
}

}  // namespace granary::python
