#pragma once
/// One file on its way from upstream. See Mirrors::open_file.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/growing_file.h"
#include "base/hash.h"
#include "model/types.h"
#include "upstream/client.h"

namespace granary::mirror {

/// What must be so of the bytes. Where upstream gives no hash, they must at least begin as an archive with
/// such a name does, which a web page does not, and what is gzipped must agree with its own checksums.
struct Expected {
  std::optional<Digest> sha256;
  std::string md5;                    // hex; empty: not known
  std::optional<std::uint64_t> size;  // absent: not known
  bool document = false;              // an object in JSON, of at most kLargestDocument
};
inline constexpr std::uint64_t kLargestDocument = 8 << 20;

/// Fetches and checks. One thread.
class Download {
 public:
  /// `started` hears of the file when its first bytes came. The bytes lie in a file without a name in
  /// `spool`. `background`: at the pace of background work.
  Download(const model::FileRecord& record, Expected expected, std::string spool, bool background,
           std::function<void(std::shared_ptr<GrowingFile>)> started)
      : record_(record),
        expected_(std::move(expected)),
        spool_(std::move(spool)),
        background_(background),
        started_(std::move(started)) {}

  /// Tries the record's URLs in turn. Success: every byte is in the file, was found right and is shown; the
  /// file is finished. On failure it is not ended: the caller abandons it.
  Result<> fetch(const Context&, upstream::Client&);

  /// After success.
  const std::shared_ptr<GrowingFile>& file() const noexcept { return file_; }
  std::uint64_t size() const noexcept { return shown_->received(); }
  const std::string& md5() const noexcept { return md5_; }  // empty where a SHA-256 was known

 private:
  Result<> begin(const upstream::Answer& head);
  Result<> take(ByteSpan bytes);
  Result<> end(const Context& ctx);
  Result<> check_gzip(const Context& ctx) const;
  bool has_no_hash() const noexcept { return !expected_.sha256 && expected_.md5.empty(); }
  Result<> check_document() const;
  tl::unexpected<Error> wrong(const std::string& how) const;

  const model::FileRecord& record_;
  const Expected expected_;
  const std::string spool_;
  const bool background_;
  const std::function<void(std::shared_ptr<GrowingFile>)> started_;
  std::string url_;
  std::shared_ptr<GrowingFile> file_;
  std::optional<HoldingBack> shown_;
  std::optional<Hasher> hasher_;
  std::string md5_;
  std::string last_;  // what `shown_` holds back, for check_gzip()
};

/// Whether a file of that name may begin like this (at least 4 bytes, unless the file is shorter).
bool fits_name(std::string_view filename, std::string_view first) noexcept;

}  // namespace granary::mirror
