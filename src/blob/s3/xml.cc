#include "blob/s3/xml.h"

#include <utility>

#include "base/append_text.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uri.h"

namespace granary::blob::s3 {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxText = 64 * 1024;  // a key has at most 1,024 bytes

tl::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::corrupt, "the object store sent bad XML: " + std::string(what),
              "check S3Storage.Endpoint");
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 128) return false;
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.' || c == ':';
    if (!good) return false;
  }
  return true;
}

bool append_entity(std::string& out, std::string_view name) {
  if (name == "amp")
    out += '&';
  else if (name == "lt")
    out += '<';
  else if (name == "gt")
    out += '>';
  else if (name == "quot")
    out += '"';
  else if (name == "apos")
    out += '\'';
  else {
    if (name.size() < 2 || name.size() > 9 || name[0] != '#') return false;
    std::uint32_t code = 0;
    const bool hexadecimal = name[1] == 'x';
    const auto digits = name.substr(hexadecimal ? 2 : 1);
    if (digits.empty()) return false;
    for (const char c : digits) {
      std::uint32_t digit;
      if (c >= '0' && c <= '9')
        digit = static_cast<std::uint32_t>(c - '0');
      else if (hexadecimal && c >= 'a' && c <= 'f')
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      else if (hexadecimal && c >= 'A' && c <= 'F')
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      else
        return false;
      code = code * (hexadecimal ? 16 : 10) + digit;
    }
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    append_utf8(out, code);
  }
  return true;
}

Result<> append_text(std::string& out, std::string_view raw) {
  while (!raw.empty()) {
    const auto at = raw.find('&');
    out += raw.substr(0, at);
    if (at == raw.npos) break;
    raw.remove_prefix(at + 1);
    const auto end = raw.find(';');
    if (end == raw.npos || !append_entity(out, raw.substr(0, end))) return bad("an unknown entity");
    raw.remove_prefix(end + 1);
  }
  if (out.size() > kMaxText) return bad("a text that is too long");
  return {};
}

/// The '>' that ends a tag, past attribute values in quotes.
std::size_t end_of_tag(std::string_view text) {
  char quote = '\0';
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote != '\0') {
      if (text[i] == quote) quote = '\0';
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      return i;
    } else if (text[i] == '<') {
      return text.npos;
    }
  }
  return text.npos;
}

class Reader {
 public:
  Reader(std::string_view rest, const XmlVisitor& visit) : rest_(rest), visit_(visit) {}

  Result<> run() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    while (!rest_.empty()) {
      if (rest_[0] != '<')
        TRY(text());
      else if (rest_.starts_with("<?"))
        TRY(skip_past("?>"));
      else if (rest_.starts_with("<!--"))
        TRY(skip_past("-->"));
      else if (rest_.starts_with("<!"))
        return bad("a declaration");
      else if (rest_.starts_with("</"))
        TRY(close());
      else
        TRY(open());
    }
    if (!finished_) return bad("it ends too early");
    return {};
  }

 private:
  struct Element {
    std::size_t parent_path;
    std::string text;
  };

  Result<> skip_past(std::string_view end) {
    const auto at = rest_.find(end);
    if (at == rest_.npos) return bad("it ends too early");
    rest_.remove_prefix(at + end.size());
    return {};
  }
  Result<> text() {
    const auto raw = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(raw.size());
    if (!stack_.empty()) return append_text(stack_.back().text, raw);
    if (!trim(raw).empty()) return bad("text outside of elements");
    return {};
  }
  Result<> open() {
    if (finished_) return bad("a second document");
    if (stack_.size() >= kMaxDepth) return bad("it is nested too deeply");
    const auto end = end_of_tag(rest_);
    if (end == rest_.npos || end < 2) return bad("a broken tag");
    auto tag = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const bool empty = tag.ends_with('/');
    if (empty) tag.remove_suffix(1);
    const auto name = tag.substr(0, tag.find_first_of(" \t\r\n"));
    if (!is_name(name)) return bad("a broken name");
    stack_.push_back({path_.size(), {}});
    if (!path_.empty()) path_ += '/';
    path_ += name;
    return empty ? leave() : Result<>();
  }
  Result<> close() {
    const auto end = rest_.find('>');
    if (end == rest_.npos || stack_.empty()) return bad("a broken tag");
    const auto name = trim(rest_.substr(2, end - 2));
    rest_.remove_prefix(end + 1);
    const auto parent = stack_.back().parent_path;
    if (name != std::string_view(path_).substr(parent == 0 ? 0 : parent + 1))
      return bad("tags that do not match");
    return leave();
  }
  Result<> leave() {
    TRY(visit_(path_, stack_.back().text));
    path_.resize(stack_.back().parent_path);
    stack_.pop_back();
    finished_ = stack_.empty();
    return {};
  }

  std::string_view rest_;
  const XmlVisitor& visit_;
  std::vector<Element> stack_;
  std::string path_;
  bool finished_ = false;
};

}  // namespace

namespace {

/// As encoding-type=url has it.
Result<> decode_key(std::string& key) {
  auto decoded = percent_decode(replace_all(key, "+", " "));
  if (!decoded) return bad("a key with a broken escape");
  key = std::move(*decoded);
  return {};
}

}  // namespace

Result<> read_xml(std::string_view document, const XmlVisitor& visit) {
  return Reader(document, visit).run();
}

Result<ListPage> parse_list(std::string_view document) {
  ListPage page;
  bool truncated = false, encoded = false, is_list = false;
  struct {
    std::optional<std::string> key;
    std::optional<std::uint64_t> size;
    std::optional<Time> modified;
  } current;
  TRY(read_xml(document, [&](std::string_view path, const std::string& text) -> Result<> {
    if (path == "ListBucketResult/Contents/Key")
      current.key = text;
    else if (path == "ListBucketResult/Contents/Size")
      current.size = parse_unsigned(text);
    else if (path == "ListBucketResult/Contents/LastModified")
      current.modified = parse_iso8601(text);
    else if (path == "ListBucketResult/Contents") {
      if (!current.key || !current.size || !current.modified)
        return bad("an object without key, size or time");
      page.objects.push_back({std::move(*current.key), *current.size, *current.modified});
      current = {};
    } else if (path == "ListBucketResult/IsTruncated")
      truncated = text == "true";
    else if (path == "ListBucketResult/NextContinuationToken")
      page.next = text;
    else if (path == "ListBucketResult/EncodingType")
      encoded = text == "url";
    else if (path == "ListBucketResult")
      is_list = true;
    return {};
  }));
  if (!is_list) return bad("not a list of objects");
  if (!truncated) page.next.reset();
  if (truncated && (!page.next || page.next->empty()))
    return bad("more objects are promised without a way to them");
  if (encoded) {
    for (auto& object : page.objects) TRY(decode_key(object.key));
  }
  return page;
}

Result<UploadPage> parse_uploads(std::string_view document) {
  UploadPage page;
  bool truncated = false, encoded = false, is_list = false;
  UploadInfo current;
  std::optional<Time> initiated;
  TRY(read_xml(document, [&](std::string_view path, const std::string& text) -> Result<> {
    constexpr std::string_view kRoot = "ListMultipartUploadsResult";
    if (!path.starts_with(kRoot)) return {};
    const auto name = path == kRoot ? "" : path.substr(kRoot.size() + 1);
    if (name == "Upload/Key")
      current.key = text;
    else if (name == "Upload/UploadId")
      current.id = text;
    else if (name == "Upload/Initiated")
      initiated = parse_iso8601(text);
    else if (name == "Upload") {
      if (current.key.empty() || current.id.empty() || !initiated)
        return bad("an upload without key, id or time");
      current.initiated = *initiated;
      page.uploads.push_back(std::exchange(current, {}));
      initiated.reset();
    } else if (name == "IsTruncated")
      truncated = text == "true";
    else if (name == "NextKeyMarker")
      page.next_key = text;
    else if (name == "NextUploadIdMarker")
      page.next_upload = text;
    else if (name == "EncodingType")
      encoded = text == "url";
    else if (name.empty())
      is_list = true;
    return {};
  }));
  if (!is_list) return bad("not a list of uploads");
  if (!truncated) page.next_key.clear();
  if (truncated && page.next_key.empty()) return bad("more uploads are promised without a way to them");
  if (encoded) {
    TRY(decode_key(page.next_key));
    for (auto& upload : page.uploads) TRY(decode_key(upload.key));
  }
  return page;
}

ServiceError parse_error(std::string_view document) {
  ServiceError error;
  const auto read = read_xml(document, [&](std::string_view path, const std::string& text) -> Result<> {
    if (path.starts_with("ErrorResponse/")) path.remove_prefix(14);  // STS wraps it
    if (path == "Error/Code") error.code = text;
    if (path == "Error/Message") error.message = text;
    return {};
  });
  if (!read || !is_name(error.code)) return {};
  return error;
}

Result<std::string> parse_one(std::string_view document, std::string_view path) {
  std::optional<std::string> found;
  TRY(read_xml(document, [&](std::string_view at, const std::string& text) -> Result<> {
    if (at == path) found = text;
    return {};
  }));
  if (!found || found->empty()) return bad("no " + std::string(path));
  return std::move(*found);
}

std::optional<Time> parse_iso8601(std::string_view text) {
  if (text.size() < 20 || text.size() > 30 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      !text.ends_with('Z'))
    return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const auto h = parse_unsigned(text.substr(11, 2)), m = parse_unsigned(text.substr(14, 2)),
             s = parse_unsigned(text.substr(17, 2));
  if (!day || !h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  std::int64_t micros = 0;
  if (auto fraction = text.substr(19, text.size() - 20); !fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || !parse_unsigned(fraction.substr(1))) return std::nullopt;
    std::string six(fraction.substr(1, 6));
    six.resize(6, '0');
    micros = static_cast<std::int64_t>(*parse_unsigned(six));
  }
  const auto seconds = static_cast<std::int64_t>(*h * 3600 + *m * 60 + *s);
  return Time(*day) + std::chrono::seconds(seconds) + std::chrono::microseconds(micros);
}

}  // namespace granary::blob::s3
