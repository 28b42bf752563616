#include <type_traits>

#include "r/history.h"

namespace granary::r {
namespace {

// A version of this form, the package, the versions, the withdrawals. Numbers are little-endian base 128,
// signed ones folded first; texts have their length before them.
constexpr char kForm = 1;

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

void put_time(std::string& out, Time time) {
  const auto value = static_cast<std::int64_t>(time.time_since_epoch().count());
  put_number(out, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

/// Reads on after an error too, giving nothing: checked once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return broken();
  }
  std::string_view text() {
    const auto size = number();
    if (size > rest_.size()) {
      broken();
      return {};
    }
    const auto part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  Time time() {
    const auto folded = number();
    return Time(Time::duration(static_cast<std::int64_t>((folded >> 1) ^ (~(folded & 1) + 1))));
  }
  /// Of things that take at least `each` bytes.
  std::size_t count(std::size_t each) {
    const auto n = number();
    return n > rest_.size() / each ? broken() : n;
  }
  std::size_t broken() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  bool whole() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

template <class Text>
Result<> decode(std::string_view bytes, BasicHistory<Text>& out) {
  if (bytes.empty() || bytes.front() != kForm)
    return fail(Errc::corrupt, "the record of a mirrored package is not readable",
                "synchronise its source again: granary clear, then granary sync");
  Reader in(bytes.substr(1));
  out.package = in.text();
  constexpr std::size_t kLeastVersion = 7, kLeastWithdrawal = 3;
  out.versions.resize(in.count(kLeastVersion));
  for (auto& version : out.versions) {
    version.version = in.text();
    version.folder = in.text();
    version.file_name = in.text();
    version.published = in.time();
    version.size = in.number();
    version.md5 = in.text();
    version.stanza = in.text();
  }
  out.withdrawals.resize(in.count(kLeastWithdrawal));
  for (auto& one : out.withdrawals) {
    one.folder = in.text();
    one.from = in.time();
    const bool ended = in.number() != 0;
    one.to.reset();
    if (ended) one.to = in.time();
  }
  if (!in.whole())
    return fail(Errc::corrupt, "the record of a mirrored package is damaged",
                "synchronise its source again: granary clear, then granary sync");
  return {};
}

}  // namespace

std::string encode(const PackageHistory& history) {
  std::string out(1, kForm);
  put_text(out, history.package);
  put_number(out, history.versions.size());
  for (const auto& version : history.versions) {
    put_text(out, version.version);
    put_text(out, version.folder);
    put_text(out, version.file_name);
    put_time(out, version.published);
    put_number(out, version.size);
    put_text(out, version.md5);
    put_text(out, version.stanza);
  }
  put_number(out, history.withdrawals.size());
  for (const auto& one : history.withdrawals) {
    put_text(out, one.folder);
    put_time(out, one.from);
    put_number(out, one.to ? 1 : 0);
    if (one.to) put_time(out, *one.to);
  }
  return out;
}

Result<PackageHistory> decode_history(std::string_view bytes) {
  PackageHistory history;
  TRY(decode(bytes, history));
  return history;
}

Result<> decode_history(std::string_view bytes, HistoryView& out) { return decode(bytes, out); }

}  // namespace granary::r
