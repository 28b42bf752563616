#include "python/project_record.h"

#include <algorithm>
#include <cstring>
#include <memory_resource>

#include "base/compress.h"

namespace granary::python {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kLongest = 256 << 20;  // unpacked; history comes on top of what the longest page says
constexpr std::size_t kLeastPerFile = 5;     // bytes that a file takes at least
constexpr std::size_t kMostReserved = 50'000;
constexpr std::size_t kDigestBytes = 32;

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
  std::string_view text() { return raw(number()); }
  /// `text` is the one before, and becomes the next.
  void text_after(std::string& text) {
    const auto shared = number();
    if (shared > text.size()) failed_ = true;
    text.resize(std::min<std::size_t>(text.size(), shared));
    text += raw(number());
    if (text.size() > kLongestText) failed_ = true;
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

/// A file as it is read: views into the record, and room that the next one uses again.
struct Entry {
  std::uint64_t flags = 0;
  std::string filename, url, provenance;  // of `url` and `provenance` what the next one is told after
  std::string_view version, md5, requires_python, yanked, sha256, metadata_sha256;
  std::uint64_t size = 0;
  Time uploaded_at{}, appeared{}, gone{};
  bool has(Flag flag) const noexcept { return (flags & flag) != 0; }
  bool visible(std::optional<Time> until) const noexcept {
    if (!until) return !has(kGone);
    const auto since = has(kAppeared) ? appeared : has(kUploaded) ? uploaded_at : Time::min();
    return since < *until && (!has(kGone) || gone >= *until);
  }
};

void read(Reader& in, Entry& file) {
  const Time from = file.has(kUploaded) ? file.uploaded_at : Time{};
  if (!file.has(kProvenance)) file.provenance.clear();
  file.flags = in.number();
  in.text_after(file.filename);
  in.text_after(file.url);
  if (file.has(kNamedUrl)) file.url += file.filename;
  if (!file.has(kSameVersion)) file.version = in.text();
  if (file.has(kSha256)) file.sha256 = in.raw(kDigestBytes);
  if (file.has(kMd5)) file.md5 = in.text();
  if (file.has(kSize)) file.size = in.number();
  if (file.has(kUploaded)) file.uploaded_at = in.time(from);
  if (file.has(kAppeared)) file.appeared = in.time(Time{});
  if (file.has(kGone)) file.gone = in.time(Time{});
  if (!file.has(kSamePython)) file.requires_python = in.text();
  if (file.has(kYanked)) file.yanked = in.text();
  if (file.has(kMetadataDigest)) file.metadata_sha256 = in.raw(kDigestBytes);
  if (file.has(kProvenance)) in.text_after(file.provenance);
  in.spend(file.filename.size() + file.url.size() + file.version.size() + file.requires_python.size() +
           (file.has(kProvenance) ? file.provenance.size() : 0));
}

Digest digest_of(std::string_view bytes) {
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes.data(), std::min(bytes.size(), kDigestBytes));
  return digest;
}

UpstreamFile to_file(const Entry& from) {
  UpstreamFile file;
  file.filename = from.filename;
  file.version = from.version;
  file.wheel = from.has(kWheel);
  file.url = from.url;
  if (from.has(kSha256)) file.sha256 = digest_of(from.sha256);
  if (from.has(kMd5)) file.md5 = from.md5;
  if (from.has(kSize)) file.size = from.size;
  if (from.has(kUploaded)) file.uploaded_at = from.uploaded_at;
  if (from.has(kAppeared)) file.appeared = from.appeared;
  if (from.has(kGone)) file.gone = from.gone;
  file.requires_python = from.requires_python;
  if (from.has(kYanked)) file.yanked = from.yanked;
  file.has_metadata = from.has(kMetadata);
  if (from.has(kMetadataDigest)) file.metadata_sha256 = digest_of(from.metadata_sha256);
  if (from.has(kProvenance)) file.provenance = from.provenance;
  return file;
}

/// `name` lies elsewhere: the entry's own is overwritten by the next.
PageFile to_page_file(const Entry& from, std::string_view name) {
  PageFile file;
  file.filename = name;
  file.version = from.version;
  if (from.has(kSha256)) file.sha256 = as_bytes(from.sha256);
  if (from.has(kMd5)) file.md5 = from.md5;
  if (from.has(kSize)) file.size = from.size;
  if (from.has(kUploaded)) file.uploaded_at = from.uploaded_at;
  file.requires_python = from.requires_python;
  if (from.has(kYanked)) file.yanked = from.yanked;
  if (from.has(kMetadataDigest)) file.metadata_sha256 = as_bytes(from.metadata_sha256);
  file.provenance = from.has(kProvenance) && !from.provenance.empty();
  return file;
}

tl::unexpected<Error> damaged() {
  return fail(Errc::corrupt, "the record of a project is damaged", "sync the source again after clearing it");
}

/// Into `project` what is said of it (all but the files), then `begin(count)` and `each(entry)` of them.
template <class Into, class Begin, class Each>
Result<> read_record(std::string_view bytes, Into& project, const Begin& begin, const Each& each) {
  Reader in(bytes);
  project.shown = in.text();
  project.serial = in.signed_number();
  project.etag = in.text();
  const auto status = in.number();
  if (status > static_cast<std::uint64_t>(ProjectStatus::quarantined)) return damaged();
  project.status = static_cast<ProjectStatus>(status);
  project.status_reason = in.text();
  const auto count = in.number();
  if (in.failed() || count > std::min(in.left() / kLeastPerFile, kMostFilesKept)) return damaged();
  begin(static_cast<std::size_t>(count));
  Entry entry;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    read(in, entry);
    if (!in.failed()) each(entry);
  }
  if (in.failed() || in.left() != 0) return damaged();
  return {};
}

Result<std::string> unpacked(std::string_view record) {
  if (record.empty() || record[0] != kFormat) return damaged();
  return unzstd(record.substr(1), kLongest);
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
  const std::string bytes = TRY(unpacked(record));
  Project project;
  TRY(read_record(
      bytes, project, [&](std::size_t count) { project.files.reserve(std::min(count, kMostReserved)); },
      [&](const Entry& entry) { project.files.push_back(to_file(entry)); }));
  return project;
}

Result<ShownProject> shown_project(std::string_view record, std::optional<Time> until) {
  struct Text {
    std::string bytes;
    std::pmr::monotonic_buffer_resource names;
  };
  const auto text = std::make_shared<Text>();
  text->bytes = TRY(unpacked(record));
  ShownProject project;
  TRY(read_record(
      text->bytes, project, [&](std::size_t count) { project.files.reserve(std::min(count, kMostReserved)); },
      [&](const Entry& entry) {
        if (!entry.visible(until)) return;
        auto* name = static_cast<char*>(text->names.allocate(entry.filename.size() + 1, 1));
        std::memcpy(name, entry.filename.data(), entry.filename.size());
        project.files.push_back(to_page_file(entry, {name, entry.filename.size()}));
      }));
  project.text = text;
  return project;
}

}  // namespace granary::python
