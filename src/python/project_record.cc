#include "python/project_record.h"

#include <algorithm>
#include <cstring>

#include "base/compress.h"

namespace granary::python {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kLongest = 256 << 20;  // unpacked; history comes on top of what the longest page says
constexpr std::size_t kLeastPerFile = 5;     // bytes that a file takes at least
constexpr std::size_t kMostReserved = 50'000;

// What there is of a file, and what is as in the file before it.
enum Flag : std::uint64_t {
  kWheel = 1,
  kSha256 = 2,
  kMd5 = 4,
  kSize = 8,
  kUploaded = 16,
  kAppeared = 32,
  kGone = 64,
  kYanked = 128,
  kSamePython = 256,
  kSameVersion = 512,
  kMetadata = 1024,
  kMetadataDigest = 2048,
  kProvenance = 4096,
  kNamedUrl = 8192,  // the URL ends with the file's name
};

std::int64_t ticks(Time time) { return time.time_since_epoch().count(); }

class Writer {
 public:
  void number(std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) out_ += static_cast<char>(n | 0x80);
    out_ += static_cast<char>(n);
  }
  /// Small when `n` is near zero on either side.
  void signed_number(std::int64_t n) {
    number((static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63));
  }
  void text(std::string_view text) {
    number(text.size());
    out_ += text;
  }
  /// What `before` does not begin with.
  void text_after(std::string_view text, std::string_view before) {
    const auto end = std::mismatch(text.begin(), text.end(), before.begin(), before.end());
    const auto shared = static_cast<std::size_t>(end.first - text.begin());
    number(shared);
    this->text(text.substr(shared));
  }
  void raw(std::string_view bytes) { out_ += bytes; }
  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

/// After the first thing that is wrong everything reads as empty; `failed` tells at the end.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const auto byte = static_cast<unsigned char>(in_[0]);
      in_.remove_prefix(1);
      n |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return n;
    }
    failed_ = true;
    return 0;
  }
  std::int64_t signed_number() {
    const auto n = number();
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }
  std::string_view raw(std::size_t size) {
    if (size > in_.size()) {
      failed_ = true;
      in_ = {};
      return {};
    }
    const auto bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  std::string text() { return std::string(raw(number())); }
  std::string text_after(std::string_view before) {
    const auto shared = number();
    if (shared > before.size()) failed_ = true;
    std::string text(before.substr(0, shared));
    text += raw(number());
    if (text.size() > kLongestText) failed_ = true;
    return text;
  }
  std::optional<Digest> digest() {
    const auto bytes = raw(32);
    if (bytes.size() != 32) return std::nullopt;
    Digest digest;
    std::memcpy(digest.bytes.data(), bytes.data(), 32);
    return digest;
  }
  Time time(Time before) {
    // Unsigned: a damaged row may overflow.
    const auto sum = static_cast<std::uint64_t>(ticks(before)) + static_cast<std::uint64_t>(signed_number());
    return Time(std::chrono::microseconds(static_cast<std::int64_t>(sum)));
  }
  std::size_t left() const noexcept { return in_.size(); }
  bool failed() const noexcept { return failed_; }
  /// What is taken over from the file before costs no bytes of the record, but memory.
  void spend(std::size_t bytes) noexcept {
    spent_ += bytes;
    if (spent_ > kLongest) failed_ = true;
  }

 private:
  static constexpr std::size_t kLongestText = 8192;
  std::string_view in_;
  std::size_t spent_ = 0;
  bool failed_ = false;
};

std::uint64_t flags_of(const UpstreamFile& file, const UpstreamFile& before) {
  std::uint64_t flags = 0;
  const auto set = [&](bool there, Flag flag) {
    if (there) flags |= flag;
  };
  set(file.wheel, kWheel);
  set(file.sha256.has_value(), kSha256);
  set(!file.md5.empty(), kMd5);
  set(file.size.has_value(), kSize);
  set(file.uploaded_at.has_value(), kUploaded);
  set(file.appeared.has_value(), kAppeared);
  set(file.gone.has_value(), kGone);
  set(file.yanked.has_value(), kYanked);
  set(file.requires_python == before.requires_python, kSamePython);
  set(file.version == before.version, kSameVersion);
  set(file.has_metadata, kMetadata);
  set(file.metadata_sha256.has_value(), kMetadataDigest);
  set(!file.provenance.empty(), kProvenance);
  set(file.url.ends_with(file.filename), kNamedUrl);
  return flags;
}

void write(Writer& out, const UpstreamFile& file, const UpstreamFile& before) {
  const auto flags = flags_of(file, before);
  const Time from = before.uploaded_at.value_or(Time{});
  out.number(flags);
  out.text_after(file.filename, before.filename);
  std::string_view url = file.url;
  if ((flags & kNamedUrl) != 0) url.remove_suffix(file.filename.size());
  out.text_after(url, before.url);
  if ((flags & kSameVersion) == 0) out.text(file.version);
  if ((flags & kSha256) != 0) out.raw(as_text(file.sha256->bytes));
  if ((flags & kMd5) != 0) out.text(file.md5);
  if ((flags & kSize) != 0) out.number(*file.size);
  if ((flags & kUploaded) != 0) out.signed_number(ticks(*file.uploaded_at) - ticks(from));
  if ((flags & kAppeared) != 0) out.signed_number(ticks(*file.appeared));
  if ((flags & kGone) != 0) out.signed_number(ticks(*file.gone));
  if ((flags & kSamePython) == 0) out.text(file.requires_python);
  if ((flags & kYanked) != 0) out.text(*file.yanked);
  if ((flags & kMetadataDigest) != 0) out.raw(as_text(file.metadata_sha256->bytes));
  if ((flags & kProvenance) != 0) out.text_after(file.provenance, before.provenance);
}

UpstreamFile read(Reader& in, const UpstreamFile& before) {
  UpstreamFile file;
  const auto flags = in.number();
  const Time from = before.uploaded_at.value_or(Time{});
  file.wheel = (flags & kWheel) != 0;
  file.filename = in.text_after(before.filename);
  file.url = in.text_after(before.url);
  if ((flags & kNamedUrl) != 0) file.url += file.filename;
  file.version = (flags & kSameVersion) != 0 ? before.version : in.text();
  if ((flags & kSha256) != 0) file.sha256 = in.digest();
  if ((flags & kMd5) != 0) file.md5 = in.text();
  if ((flags & kSize) != 0) file.size = in.number();
  if ((flags & kUploaded) != 0) file.uploaded_at = in.time(from);
  if ((flags & kAppeared) != 0) file.appeared = in.time(Time{});
  if ((flags & kGone) != 0) file.gone = in.time(Time{});
  file.requires_python = (flags & kSamePython) != 0 ? before.requires_python : in.text();
  if ((flags & kYanked) != 0) file.yanked = in.text();
  file.has_metadata = (flags & kMetadata) != 0;
  if ((flags & kMetadataDigest) != 0) file.metadata_sha256 = in.digest();
  if ((flags & kProvenance) != 0) file.provenance = in.text_after(before.provenance);
  in.spend(file.filename.size() + file.url.size() + file.version.size() + file.requires_python.size() +
           file.provenance.size());
  return file;
}

}  // namespace

std::string encode(const Project& project) {
  Writer out;
  out.text(project.shown);
  out.signed_number(project.serial);
  out.text(project.etag);
  out.number(static_cast<std::uint64_t>(project.status));
  out.text(project.status_reason);
  out.number(project.files.size());
  const UpstreamFile none;
  const UpstreamFile* before = &none;
  for (const auto& file : project.files) {
    write(out, file, *before);
    before = &file;
  }
  return std::string(1, kFormat) + zstd(std::move(out).take());
}

Result<Project> decode_project(std::string_view record) {
  const auto damaged = [] {
    return fail(Errc::corrupt, "the record of a project is damaged",
                "sync the source again after clearing it");
  };
  if (record.empty() || record[0] != kFormat) return damaged();
  const std::string bytes = TRY(unzstd(record.substr(1), kLongest));
  Reader in(bytes);
  Project project;
  project.shown = in.text();
  project.serial = in.signed_number();
  project.etag = in.text();
  const auto status = in.number();
  if (status > static_cast<std::uint64_t>(ProjectStatus::quarantined)) return damaged();
  project.status = static_cast<ProjectStatus>(status);
  project.status_reason = in.text();
  const auto count = in.number();
  if (in.failed() || count > std::min(in.left() / kLeastPerFile, kMostFilesKept)) return damaged();
  project.files.reserve(std::min<std::size_t>(count, kMostReserved));
  const UpstreamFile none;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i)
    project.files.push_back(read(in, i == 0 ? none : project.files.back()));
  if (in.failed() || in.left() != 0) return damaged();
  return project;
}

}  // namespace granary::python
