#pragma once
/// A response prepared for sending any number of times: its head is rendered once; only the date changes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/engine/conditional.h"
#include "http/engine/memory_files.h"
#include "http/message.h"

namespace granary::http {

constexpr std::size_t kDateSize = 29;  // of http_date()

/// Used by one event loop at a time.
class Answer {
 public:
  /// Drops what only the engine may say (Date, Server, Connection, Content-Length, Transfer-Encoding) and
  /// makes values harmless that would break out of their line.
  /// `always`: whole header lines of the listener, each with its CRLF.
  static std::shared_ptr<Answer> prepare(Response response, std::string_view always = {});
  /// Before it is sent: lets large bytes be sent from memory without a copy.
  void back_by(MemoryFiles& files, const std::string& directory);

  int status() const noexcept { return status_; }
  /// With its final empty line. The date in it is what refresh() got last.
  std::string_view head() const noexcept { return std::string_view(head_).substr(0, head_size_); }
  /// Head and body in one piece when the body is small; else empty.
  std::string_view whole() const noexcept {
    return head_.size() != head_size_ ? std::string_view(head_) : std::string_view();
  }
  std::string_view not_modified_head() const noexcept { return not_modified_; }
  /// Of a 206, or of a 416 that says how much there is.
  std::string partial_head(const Verdict& verdict, std::string_view date) const;
  void refresh(std::string_view date, std::uint64_t second) noexcept {
    if (second_ != second) stamp(date, second);
  }

  const Body& body() const noexcept { return body_; }
  /// Absent only for a growing file of unknown length.
  std::optional<std::uint64_t> size() const noexcept { return size_; }
  /// The bytes when they are in memory.
  std::string_view bytes() const noexcept { return bytes_; }
  const OpenFile* file() const noexcept { return file_; }
  /// The same bytes as a file, when that is cheaper to send.
  const OpenFile* backing() const noexcept { return backing_.get(); }
  GrowingFile* growing() const noexcept { return growing_; }

  /// Whether conditions and ranges may change it at all.
  bool negotiable() const noexcept { return negotiable_; }
  Representation representation() const noexcept { return {etag_, last_modified_, size_, ranges_}; }

  /// What it costs to keep; a descriptor is dear.
  std::size_t cost() const noexcept;
  const std::optional<Response::Hot>& hot() const noexcept { return hot_; }

 private:
  void stamp(std::string_view date, std::uint64_t second) noexcept;

  int status_ = 200;
  bool negotiable_ = false;
  bool ranges_ = false;
  std::string_view bytes_;
  const OpenFile* file_ = nullptr;
  std::shared_ptr<const OpenFile> backing_;
  GrowingFile* growing_ = nullptr;
  std::uint64_t second_ = 0;
  std::string head_, not_modified_;
  std::size_t head_size_ = 0;  // of head_, which a small body follows
  std::size_t date_at_ = 0, not_modified_date_at_ = 0;
  std::string fields_;  // without status line, Date and what depends on the part sent
  std::string etag_;
  std::optional<std::chrono::sys_seconds> last_modified_;
  std::optional<std::uint64_t> size_;
  Body body_;
  std::optional<Response::Hot> hot_;
};

/// Whether a name and a value may stand in a head at all.
bool is_header_name(std::string_view name) noexcept;
std::string harmless(std::string_view value);

}  // namespace granary::http
