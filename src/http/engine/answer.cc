#include "http/engine/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "base/time_text.h"
#include "http/status.h"

namespace granary::http {
namespace {

constexpr std::string_view kNoDate = "Thu, 01 Jan 1970 00:00:00 GMT";
constexpr std::size_t kSmallBody = 8 * 1024;  // copying it once is cheaper than a second piece each time
constexpr std::size_t kDescriptorCost = 64 * 1024;

bool is_engines(std::string_view name) noexcept {
  for (const std::string_view own : {"Date", "Server", "Connection", "Keep-Alive", "Content-Length",
                                     "Transfer-Encoding", "Accept-Ranges", "Trailer"}) {
    if (equals_ignore_case(name, own)) return true;
  }
  return false;
}

/// What a 304 repeats (RFC 9110, 15.4.5).
bool belongs_to_304(std::string_view name) noexcept {
  for (const std::string_view kept :
       {"Cache-Control", "Content-Location", "ETag", "Expires", "Vary", "Last-Modified"}) {
    if (equals_ignore_case(name, kept)) return true;
  }
  return false;
}

/// A head up to its fields. `date_at`: where the date stands.
std::string begin_head(int status, std::string_view reason, std::string_view date, std::size_t& date_at) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nServer: granary\r\nDate: ", status,
                                 reason.empty() ? reason_for(status) : reason);
  date_at = head.size();
  head += date;
  head += "\r\n";
  return head;
}

}  // namespace

bool is_header_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

std::string harmless(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = ' ';
  }
  return out;
}

std::shared_ptr<Answer> Answer::prepare(Response response, std::string_view always) {
  auto answer = std::make_shared<Answer>();
  Answer& a = *answer;
  a.status_ = response.status;
  a.etag_ = harmless(response.etag);
  a.last_modified_ = response.last_modified;
  a.body_ = std::move(response.body);
  a.hot_ = std::move(response.hot);
  a.size_ = 0;
  if (const auto* body = std::get_if<BytesBody>(&a.body_); body && body->bytes) {
    a.bytes_ = *body->bytes;
    a.size_ = a.bytes_.size();
  } else if (const auto* sent = std::get_if<FileBody>(&a.body_); sent && sent->file) {
    a.file_ = sent->file.get();
    a.size_ = a.file_->size;
  } else if (const auto* grows = std::get_if<GrowingBody>(&a.body_); grows && grows->file) {
    a.growing_ = grows->file.get();
    a.size_ = a.growing_->total();
  } else if (const auto* unsent = std::get_if<UnsentBody>(&a.body_)) {
    a.size_ = unsent->size;
  }
  a.ranges_ = response.ranges && response.status == 200 && !a.growing_;
  a.negotiable_ = response.status == 200 && (!a.etag_.empty() || a.last_modified_ || a.ranges_);

  std::string kept;  // of the fields, what a 304 has too
  const auto add = [&](std::string_view name, std::string_view value) {
    const auto line = fmt::format("{}: {}\r\n", name, value);
    a.fields_ += line;
    if (belongs_to_304(name)) kept += line;
  };
  bool has_etag = false, has_modified = false;
  for (const auto& [name, value] : response.headers) {
    if (!is_header_name(name) || is_engines(name)) continue;
    has_etag = has_etag || equals_ignore_case(name, "ETag");
    has_modified = has_modified || equals_ignore_case(name, "Last-Modified");
    add(name, harmless(value));
  }
  if (!a.etag_.empty() && !has_etag) add("ETag", a.etag_);
  if (a.last_modified_ && !has_modified) add("Last-Modified", http_date(*a.last_modified_));
  if (a.ranges_) a.fields_ += "Accept-Ranges: bytes\r\n";
  a.fields_ += always;

  a.head_ = begin_head(a.status_, harmless(response.reason), kNoDate, a.date_at_) + a.fields_;
  const bool bodiless = a.status_ == 204 || a.status_ == 304 || a.status_ < 200;
  if (a.size_ && !bodiless) a.head_ += fmt::format("Content-Length: {}\r\n", *a.size_);
  a.head_ += "\r\n";
  a.head_size_ = a.head_.size();
  if (!bodiless && a.bytes_.size() <= kSmallBody) a.head_ += a.bytes_;
  if (a.negotiable_) {
    a.not_modified_ = begin_head(304, {}, kNoDate, a.not_modified_date_at_) + kept + "\r\n";
  }
  return answer;
}

void Answer::back_by(MemoryFiles& files, const std::string& directory) {
  if (const auto* body = std::get_if<BytesBody>(&body_); body && body->bytes && hot_)
    backing_ = files.of(body->bytes, directory);
}

std::string Answer::partial_head(const Verdict& verdict, std::string_view date) const {
  std::size_t at = 0;
  if (verdict.kind == Verdict::Kind::unsatisfiable) {
    return begin_head(416, {}, date, at) +
           fmt::format("Content-Range: bytes */{}\r\nAccept-Ranges: bytes\r\nContent-Length: 0\r\n\r\n",
                       *size_);
  }
  return begin_head(206, {}, date, at) + fields_ +
         fmt::format("Content-Range: bytes {}-{}/{}\r\nContent-Length: {}\r\n\r\n", verdict.first,
                     verdict.first + verdict.size - 1, *size_, verdict.size);
}

void Answer::stamp(std::string_view date, std::uint64_t second) noexcept {
  second_ = second;
  std::memcpy(head_.data() + date_at_, date.data(), kDateSize);
  if (!not_modified_.empty())
    std::memcpy(not_modified_.data() + not_modified_date_at_, date.data(), kDateSize);
}

std::size_t Answer::cost() const noexcept {
  return sizeof(Answer) + head_.size() + not_modified_.size() + fields_.size() + etag_.size() +
         bytes_.size() + (file_ ? kDescriptorCost : 0);
}

}  // namespace granary::http
