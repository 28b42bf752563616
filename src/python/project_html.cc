#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/append_text.h"
#include "base/text.h"
#include "base/uri.h"
#include "python/name.h"
#include "python/project_entry.h"
#include "python/project_page.h"

namespace granary::python {
namespace {

constexpr std::size_t kLongestTag = 16 << 10;
constexpr std::size_t kMostAttributes = 64;

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

/// "#62" or "#x3e".
std::optional<std::uint32_t> numeric_reference(std::string_view name) {
  name.remove_prefix(1);
  const bool hexadecimal = !name.empty() && (name[0] == 'x' || name[0] == 'X');
  if (hexadecimal) name.remove_prefix(1);
  if (name.empty() || name.size() > 7) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : name) {
    std::uint32_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= (hexadecimal ? 16U : 10U)) return std::nullopt;
    code = code * (hexadecimal ? 16 : 10) + digit;
  }
  return code;
}

/// The references that pages of indexes have; others stay as they are.
std::string unescape(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out += text[i];
      continue;
    }
    const auto end = text.substr(i + 1, 10).find(';');
    const auto name = text.substr(i + 1, end == std::string_view::npos ? 0 : end);
    if (name.starts_with('#')) {
      if (const auto code = numeric_reference(name)) {
        append_utf8(out, *code);
        i += name.size() + 1;
        continue;
      }
    }
    const auto* named = std::find_if(std::begin(kNamed), std::end(kNamed),
                                     [&](const auto& pair) { return pair.first == name; });
    if (named == std::end(kNamed)) {
      out += '&';
      continue;
    }
    out += named->second;
    i += name.size() + 1;
  }
  return out;
}

struct Tag {
  std::string name;  // lower case; "/a" for an end
  std::vector<std::pair<std::string, std::string>> attributes;
  const std::string* attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes)
      if (key == wanted) return &value;
    return nullptr;
  }
};

/// Tags and the text between them, as much of HTML as a list of links needs; anything wrong is passed over.
class Tokens {
 public:
  explicit Tokens(std::string_view html) : rest_(html) {}

  /// The text before the next tag goes to `text`, comments to `comment`. Absent at the end.
  std::optional<Tag> next(std::string_view& text, std::string_view& comment) {
    while (!rest_.empty()) {
      const auto open = rest_.find('<');
      text = rest_.substr(0, open);
      if (open == std::string_view::npos) break;
      rest_.remove_prefix(open);
      if (rest_.starts_with("<!--")) {
        const auto end = rest_.find("-->", 4);
        if (end == std::string_view::npos) break;
        comment = rest_.substr(4, end - 4);
        rest_.remove_prefix(end + 3);
        continue;
      }
      if (auto tag = read_tag()) return tag;
    }
    rest_ = {};
    return std::nullopt;
  }

 private:
  std::optional<Tag> read_tag() {
    std::size_t at = 1;
    const auto limit = std::min(rest_.size(), kLongestTag);
    const auto word = [&] {
      const auto start = at;
      while (at < limit && !is_space(rest_[at]) && rest_[at] != '>' && rest_[at] != '=' &&
             (rest_[at] != '/' || at == start))
        ++at;
      return lower(rest_.substr(start, at - start));
    };
    Tag tag;
    tag.name = word();
    while (at < limit && rest_[at] != '>') {
      if (is_space(rest_[at]) || rest_[at] == '/' || rest_[at] == '=') {
        ++at;
        continue;
      }
      auto key = word();
      while (at < limit && is_space(rest_[at])) ++at;
      std::string value;
      if (at < limit && rest_[at] == '=') {
        ++at;
        while (at < limit && is_space(rest_[at])) ++at;
        value = unescape(read_value(at, limit));
      }
      if (tag.attributes.size() < kMostAttributes)
        tag.attributes.emplace_back(std::move(key), std::move(value));
    }
    if (at >= limit) {  // no tag after all; what was read is not read again
      rest_.remove_prefix(at);
      return std::nullopt;
    }
    rest_.remove_prefix(at + 1);
    return tag;
  }

  std::string_view read_value(std::size_t& at, std::size_t limit) {
    if (at < limit && (rest_[at] == '"' || rest_[at] == '\'')) {
      const auto end = rest_.substr(0, limit).find(rest_[at], at + 1);
      if (end == std::string_view::npos) {
        at = limit;
        return {};
      }
      const auto value = rest_.substr(at + 1, end - at - 1);
      at = end + 1;
      return value;
    }
    const auto start = at;
    while (at < limit && !is_space(rest_[at]) && rest_[at] != '>') ++at;
    return rest_.substr(start, at - start);
  }

  std::string_view rest_;
};

/// The name of the file that a link leads to.
std::string last_segment(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto slash = url.rfind('/');
  if (slash != std::string_view::npos) url.remove_prefix(slash + 1);
  return percent_decode(url).value_or(std::string());
}

UpstreamFile file_of(const Tag& link, std::string_view text) {
  UpstreamFile file;
  file.url = *link.attribute("href");
  // The text is the name (PEP 503); indexes that cut long texts have it in the URL.
  file.filename = unescape(trim(text));
  if (!file.filename.ends_with(".whl") && !file.filename.ends_with(".tar.gz") &&
      !file.filename.ends_with(".zip"))
    file.filename = last_segment(file.url);
  if (const auto* value = link.attribute("data-requires-python")) file.requires_python = *value;
  if (const auto* value = link.attribute("data-yanked")) file.yanked = *value;
  if (const auto* value = link.attribute("data-provenance")) file.provenance = *value;
  for (const char* key : {"data-core-metadata", "data-dist-info-metadata"}) {
    const auto* value = link.attribute(key);
    if (value == nullptr || *value == "false") continue;
    file.has_metadata = true;
    if (value->starts_with("sha256="))
      file.metadata_sha256 = Digest::parse(std::string_view(*value).substr(7));
  }
  return file;
}

std::int64_t serial_in(std::string_view comment) {
  comment = trim(comment);
  if (!comment.starts_with("SERIAL ")) return 0;
  const auto serial = parse_unsigned(trim(comment.substr(7)));
  return serial && *serial < (1ULL << 62) ? static_cast<std::int64_t>(*serial) : 0;
}

Result<> check(std::string_view page, std::size_t longest) {
  if (page.size() > longest)
    return fail(Errc::too_large, "the answer of the index has more than " + human_size(longest),
                "is that the URL of an index?");
  const auto start = lower(page.substr(0, 4096));
  if (start.find("<html") == std::string::npos && start.find("<!doctype") == std::string::npos &&
      start.find("<a ") == std::string::npos)
    return fail(Errc::corrupt, "the answer of the index is not HTML", "open the page in a browser");
  return {};
}

struct Links {
  std::int64_t serial = 0;
  std::string status, status_reason;    // PEP 792
  bool opened = false, closed = false;  // <html>: what is opened and not closed was cut off
  bool says_index = false;              // PEP 629: it is a page of an index, and no other web page
};

Result<> read_meta(const Tag& tag, Links& links) {
  const auto *name = tag.attribute("name"), *content = tag.attribute("content");
  if (name == nullptr || content == nullptr) return {};
  if (*name == "pypi:repository-version") links.says_index = true;
  if (*name == "pypi:repository-version" && !content->starts_with("1."))
    return fail(Errc::corrupt, "the index speaks version " + content->substr(0, 20) + " of the Simple API",
                "this server reads version 1");
  if (*name == "pypi:project-status") links.status = *content;
  if (*name == "pypi:project-status-reason") links.status_reason = *content;
  return {};
}

/// The project that a link of a list leads to: its text (PEP 503), but for listings of folders, where the
/// text may be "foo/" or cut short. Empty: none.
std::string listed_name(const Tag& link, std::string_view text) {
  std::string_view url = *link.attribute("href");
  auto name = unescape(trim(text));
  if (name.ends_with('/')) name.pop_back();
  if (is_valid_name(name)) return name;
  url = url.substr(0, url.find_first_of("?#"));
  if (!url.ends_with('/')) return {};
  url.remove_suffix(1);
  name = last_segment(url);
  return is_valid_name(name) ? name : std::string();
}

/// Calls `each(link, text)` for every <a href>.
template <class Each>
Result<Links> for_each_link(std::string_view html, const Each& each) {
  Tokens tokens(html);
  Links links;
  std::string_view text, comment;
  std::optional<Tag> open;
  while (auto tag = tokens.next(text, comment)) {
    if (open && tag->name == "/a") {
      TRY(each(*open, text));
      open.reset();
    } else if (tag->name == "a" && tag->attribute("href") != nullptr) {
      open = std::move(tag);
    } else if (tag->name == "meta") {
      TRY(read_meta(*tag, links));
    } else if (tag->name == "html") {
      links.opened = true;
    } else if (tag->name == "/html") {
      links.closed = true;
    }
  }
  links.serial = serial_in(comment);
  return links;
}

Result<> check_whole(const Links& links) {
  if (!links.opened || links.closed) return {};
  return fail(Errc::corrupt, "the answer of the index is cut off", "it is asked again later");
}

tl::unexpected<Error> no_index() {
  return fail(Errc::corrupt, "the index answered with a web page that is none of an index",
              "is a proxy's log-in page in between? open the URL in a browser");
}

/// ".../name/" behind "Name", as in lists of projects.
bool leads_to(const Tag& link, std::string_view name) {
  std::string_view url = *link.attribute("href");
  url = url.substr(0, url.find_first_of("?#"));
  if (!url.ends_with('/')) return false;
  return normalize_name(last_segment(url.substr(0, url.size() - 1))) == normalize_name(name);
}

}  // namespace

Result<ReadPage> read_project_html(std::string_view page, std::string_view project) {
  TRY(check(page, kLongestProjectPage));
  ReadPage read;
  const auto links = TRY(for_each_link(page, [&](const Tag& link, std::string_view text) -> Result<> {
    return add_file(read, file_of(link, text), project);
  }));
  TRY(check_whole(links));
  if (!links.says_index && read.project.files.empty()) return no_index();
  read.project.shown = project;
  read.project.serial = links.serial;
  read.project.status = parse_project_status(links.status);
  read.project.status_reason = links.status_reason;
  put_in_order(read.project);
  return read;
}

Result<std::int64_t> read_project_list_html(std::string_view list, const EachListed& each) {
  TRY(check(list, kLongestProjectList));
  std::size_t all = 0, fitting = 0;
  const auto links = TRY(for_each_link(list, [&](const Tag& link, std::string_view text) -> Result<> {
    const std::string_view url = *link.attribute("href");
    if (url.starts_with('?') || url == "../") return {};  // of a listing of a folder
    const auto name = listed_name(link, text);
    ++all;
    fitting += leads_to(link, name) ? 1 : 0;
    return name.empty() ? Result<>() : each(name, 0);
  }));
  TRY(check_whole(links));
  if (!links.says_index && fitting * 2 < all) return no_index();
  return links.serial;
}

}  // namespace granary::python
