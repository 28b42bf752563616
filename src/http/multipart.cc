#include "http/multipart.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "base/uri.h"

namespace granary::http {
namespace {

constexpr std::size_t kWindow = 256 * 1024;
constexpr std::size_t kAhead = 32 * 1024 + 256;  // what a caller may look at without reading again

tl::unexpected<Error> malformed(std::string why) {
  return fail(Errc::invalid_argument, "the form is malformed: " + std::move(why),
              "send it as multipart/form-data, as twine or uv publish do");
}

/// Some bytes of the body from any offset on, read in large steps.
class Window {
 public:
  explicit Window(const ByteSource& source) : source_(source), memory_(source.in_memory()) {}

  /// At least kAhead bytes, or all that there are. Valid until the next call.
  Result<std::string_view> from(std::uint64_t offset) {
    if (memory_) return as_text(*memory_).substr(std::min<std::uint64_t>(offset, memory_->size()));
    const std::uint64_t end = start_ + buffer_.size();
    if (offset < start_ || (end < source_.size() && offset + kAhead > end)) TRY(fill(offset));
    const auto skip = std::min<std::uint64_t>(offset - start_, buffer_.size());
    return std::string_view(buffer_).substr(skip);
  }

 private:
  Result<> fill(std::uint64_t offset) {
    start_ = offset;
    buffer_.resize(kWindow);
    std::size_t filled = 0;
    while (filled < kWindow) {
      const auto room = std::as_writable_bytes(std::span(buffer_)).subspan(filled);
      const std::size_t count = TRY(source_.read_at(offset + filled, room));
      if (count == 0) break;
      filled += count;
    }
    buffer_.resize(filled);
    if (offset + filled < source_.size() && filled < kWindow)
      return fail(Errc::corrupt, "the body of the request ended early", "send the request again");
    return {};
  }

  const ByteSource& source_;
  std::optional<ByteSpan> memory_;
  std::string buffer_;
  std::uint64_t start_ = 0;
};

/// RFC 2046: 1 to 70 of these, not ending with a space.
bool is_boundary(std::string_view text) noexcept {
  constexpr std::string_view kOther = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kOther.find(c) != std::string_view::npos;
         });
}

struct Parameters {
  std::string value;  // lower case, before the first ';'
  std::vector<std::pair<std::string, std::string>> pairs;

  const std::string* find(std::string_view name) const noexcept {
    for (const auto& [key, text] : pairs)
      if (key == name) return &text;
    return nullptr;
  }
};

/// Reads `"..."` at the front of `text` and removes it. A backslash escapes a quote or a backslash; elsewhere
/// it stands for itself, as in the file names of some browsers.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  return std::nullopt;
}

/// `form-data; name="content"; filename="a.whl"`; absent when broken or when a parameter is given twice.
std::optional<Parameters> parse_parameters(std::string_view text) {
  Parameters out;
  const auto first = text.find(';');
  out.value = lower(trim(text.substr(0, first)));
  text = first == std::string_view::npos ? std::string_view() : text.substr(first);
  while (!trim(text).empty()) {
    text = trim(text);
    if (text[0] != ';') return std::nullopt;
    text = trim(text.substr(1));
    if (text.empty()) break;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string key = lower(trim(text.substr(0, equals)));
    text = trim(text.substr(equals + 1));
    std::string value;
    if (text.starts_with('"')) {
      auto quoted = take_quoted(text);
      if (!quoted) return std::nullopt;
      value = std::move(*quoted);
    } else {
      const auto end = std::min(text.find(';'), text.size());
      value = trim(text.substr(0, end));
      text.remove_prefix(end);
    }
    if (key.empty() || out.find(key) != nullptr) return std::nullopt;
    out.pairs.emplace_back(key, std::move(value));
  }
  return out;
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
}

struct PartHead {
  std::string name;
  std::optional<std::string> filename;
};

Result<PartHead> parse_disposition(std::string_view text) {
  const auto parameters = parse_parameters(text);
  if (!parameters || parameters->value != "form-data")
    return malformed("a part's Content-Disposition cannot be read");
  const auto* name = parameters->find("name");
  if (name == nullptr || name->empty()) return malformed("a part has no name");
  PartHead head{*name, std::nullopt};
  if (const auto* filename = parameters->find("filename")) head.filename = *filename;
  if (const auto* encoded = parameters->find("filename*"); encoded != nullptr && !head.filename) {
    const auto quote = encoded->rfind('\'');  // RFC 8187: utf-8'en'percent%20encoded
    auto decoded =
        percent_decode(std::string_view(*encoded).substr(quote == std::string::npos ? 0 : quote + 1));
    if (!decoded) return malformed("a file name cannot be decoded");
    head.filename = std::move(*decoded);
  }
  if (has_control(head.name) || (head.filename && has_control(*head.filename)))
    return malformed("a name has a control character");
  return head;
}

/// `block` is the lines of the head, each ended by CRLF.
Result<PartHead> parse_head(std::string_view block) {
  std::optional<PartHead> head;
  while (!block.empty()) {
    const auto end = block.find("\r\n");
    const auto line = block.substr(0, end);
    block.remove_prefix(end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return malformed("a part has a line that is no header");
    const auto key = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (equals_ignore_case(key, "Content-Disposition")) {
      if (head) return malformed("a part has two Content-Dispositions");
      head = TRY(parse_disposition(value));
    } else if (equals_ignore_case(key, "Content-Transfer-Encoding") && !equals_ignore_case(value, "binary") &&
               !equals_ignore_case(value, "8bit") && !equals_ignore_case(value, "7bit")) {
      return malformed("a part has a transfer encoding");
    }
  }
  if (!head) return malformed("a part has no Content-Disposition");
  return std::move(*head);
}

class Parser {
 public:
  Parser(const ByteSource& body, const std::string& boundary, const MultipartLimits& limits)
      : body_(body), window_(body), delimiter_("\r\n--" + boundary), limits_(limits) {}

  Result<Form> run() {
    // The first delimiter stands at the very front, without its CRLF.
    auto view = TRY(window_.from(0));
    const auto opening = std::string_view(delimiter_).substr(2);
    if (!view.starts_with(opening)) return malformed("it does not begin with its boundary");
    std::uint64_t at = opening.size();
    for (std::size_t parts = 0;; ++parts) {
      view = TRY(window_.from(at));
      if (view.starts_with("--")) break;
      if (!view.starts_with("\r\n")) return malformed("a boundary is followed by other text");
      if (parts == limits_.parts)
        return fail(Errc::too_large, "the form has more than " + std::to_string(limits_.parts) + " parts",
                    "send fewer fields");
      at = TRY(read_part(at + 2));
    }
    view = TRY(window_.from(at + 2));
    if (!view.empty() && view != "\r\n") return malformed("there is text after its end");
    return std::move(form_);
  }

 private:
  /// `at`: where the head begins. Gives where the next delimiter ends.
  Result<std::uint64_t> read_part(std::uint64_t at) {
    const auto view = TRY(window_.from(at)).substr(0, limits_.header_bytes + 4);
    const auto blank = view.find("\r\n\r\n");
    if (blank == std::string_view::npos) {
      if (view.size() < limits_.header_bytes + 4) return malformed("it ends in the head of a part");
      return fail(Errc::too_large, "the head of a part is larger than " + human_size(limits_.header_bytes),
                  "shorten its names");
    }
    PartHead head = TRY(parse_head(view.substr(0, blank + 2)));
    const std::uint64_t start = at + blank + 4;
    // A boundary at the very front of the content ends the part for some readers and not for others.
    const std::uint64_t end = TRY(find_delimiter(start - 2, head.filename.has_value()));
    if (end < start) return malformed("a part has no content after its head");
    const std::uint64_t size = end - start;
    if (head.filename) {
      TRY(count(head.name.size() + head.filename->size()));
      form_.files.push_back({std::move(head.name), std::move(*head.filename), start, size});
    } else {
      TRY(count(head.name.size() + size));
      std::string value(size, '\0');
      std::size_t filled = 0;
      while (filled < size) {
        const auto got =
            TRY(body_.read_at(start + filled, std::as_writable_bytes(std::span(value)).subspan(filled)));
        if (got == 0)
          return fail(Errc::corrupt, "the body of the request ended early", "send the request again");
        filled += got;
      }
      form_.fields.push_back({std::move(head.name), std::move(value)});
    }
    return end + delimiter_.size();
  }

  Result<std::uint64_t> find_delimiter(std::uint64_t at, bool is_file) {
    const std::uint64_t start = at + 2;
    for (;;) {
      const auto view = TRY(window_.from(at));
      const auto found = view.find(delimiter_);
      const bool ends = found != std::string_view::npos;
      // Where none ends here, its first bytes may be the last ones seen.
      const std::uint64_t content_end =
          ends ? at + found : at + view.size() - std::min(view.size(), delimiter_.size());
      if (!is_file && content_end > start + limits_.field_bytes)
        return fail(Errc::too_large, "a field is larger than " + human_size(limits_.field_bytes),
                    "shorten it");
      if (ends) return at + found;
      if (at + view.size() >= body_.size()) return malformed("it ends in the middle of a part");
      at += view.size() - (delimiter_.size() - 1);
    }
  }

  Result<> count(std::uint64_t bytes) {
    counted_ += bytes;
    if (counted_ <= limits_.all_fields_bytes) return {};
    return fail(Errc::too_large,
                "the fields of the form are larger than " + human_size(limits_.all_fields_bytes),
                "shorten them");
  }

  const ByteSource& body_;
  Window window_;
  std::string delimiter_;
  MultipartLimits limits_;
  std::uint64_t counted_ = 0;
  Form form_;
};

}  // namespace

std::optional<std::string_view> Form::field(std::string_view name) const noexcept {
  for (const auto& field : fields)
    if (field.name == name) return field.value;
  return std::nullopt;
}

std::vector<std::string_view> Form::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& field : fields)
    if (field.name == name) values.push_back(field.value);
  return values;
}

const FormFile* Form::file(std::string_view name) const noexcept {
  for (const auto& file : files)
    if (file.name == name) return &file;
  return nullptr;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const auto parameters = parse_parameters(content_type);
  if (!parameters || parameters->value != "multipart/form-data") return std::nullopt;
  const auto* boundary = parameters->find("boundary");
  if (boundary == nullptr || !is_boundary(*boundary)) return std::nullopt;
  return *boundary;
}

Result<Form> parse_multipart(const ByteSource& body, std::string_view content_type,
                             const MultipartLimits& limits) {
  const auto boundary = multipart_boundary(content_type);
  if (!boundary)
    return fail(Errc::invalid_argument, "the body is not multipart/form-data with a boundary",
                "send it as multipart/form-data, as twine or uv publish do");
  return Parser(body, *boundary, limits).run();
}

}  // namespace granary::http
