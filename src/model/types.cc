#include "model/types.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/time_text.h"

namespace granary::model {
namespace {

template <class E>
struct Named {
  E value;
  std::string_view name;
};

template <class E, std::size_t N>
std::string_view find_name(const std::array<Named<E>, N>& table, E value) noexcept {
  for (const auto& row : table) {
    if (row.value == value) return row.name;
  }
  return {};
}
template <class E, std::size_t N>
std::optional<E> find_value(const std::array<Named<E>, N>& table, std::string_view name) noexcept {
  for (const auto& row : table) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

constexpr std::array<Named<SourceType>, 9> kSourceTypes = {{{SourceType::local, "local"},
                                                            {SourceType::local_python, "local-python"},
                                                            {SourceType::cran, "cran"},
                                                            {SourceType::bioconductor, "bioconductor"},
                                                            {SourceType::pypi, "pypi"},
                                                            {SourceType::cran_snapshot, "cran-snapshot"},
                                                            {SourceType::git, "git"},
                                                            {SourceType::git_python, "git-python"},
                                                            {SourceType::local, "local-r"}}};
constexpr std::array<Named<Ecosystem>, 3> kEcosystems = {
    {{Ecosystem::r, "r"}, {Ecosystem::python, "python"}, {Ecosystem::bioconductor, "bioconductor"}}};
constexpr std::array<Named<Downloads>, 2> kDownloads = {
    {{Downloads::stream, "stream"}, {Downloads::redirect, "redirect"}}};
constexpr std::array<Named<TxKind>, 8> kTxKinds = {{{TxKind::add, "add"},
                                                    {TxKind::remove, "remove"},
                                                    {TxKind::archive, "archive"},
                                                    {TxKind::yank, "yank"},
                                                    {TxKind::unyank, "unyank"},
                                                    {TxKind::replace, "replace"},
                                                    {TxKind::sync, "sync"},
                                                    {TxKind::describe, "describe"}}};
constexpr std::array<Named<FileKind>, 3> kFileKinds = {
    {{FileKind::r_source, "r_source"}, {FileKind::sdist, "sdist"}, {FileKind::wheel, "bdist_wheel"}}};

/// A long identifier spells its pins out, in base64url.
constexpr std::size_t kMaxPinnedId = 1024;

constexpr bool is_alnum(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool is_id(char c) noexcept { return is_alnum(c) || c == '-' || c == '_'; }

}  // namespace

std::string_view name_of(SourceType type) noexcept { return find_name(kSourceTypes, type); }
std::optional<SourceType> parse_source_type(std::string_view t) noexcept {
  return find_value(kSourceTypes, t);
}
std::string_view name_of(Ecosystem type) noexcept { return find_name(kEcosystems, type); }
std::optional<Ecosystem> parse_ecosystem(std::string_view t) noexcept { return find_value(kEcosystems, t); }
std::string_view name_of(Downloads downloads) noexcept { return find_name(kDownloads, downloads); }
std::optional<Downloads> parse_downloads(std::string_view t) noexcept { return find_value(kDownloads, t); }
std::string_view name_of(TxKind kind) noexcept { return find_name(kTxKinds, kind); }
std::optional<TxKind> parse_tx_kind(std::string_view t) noexcept { return find_value(kTxKinds, t); }
std::string_view name_of(FileKind kind) noexcept { return find_name(kFileKinds, kind); }
std::optional<FileKind> parse_file_kind(std::string_view t) noexcept { return find_value(kFileKinds, t); }

Result<> check_name(std::string_view name) {
  constexpr std::array<std::string_view, 6> kReserved = {"upload",      "legacy",     "metrics",
                                                         "favicon.ico", "robots.txt", "openapi.json"};
  const std::string hint = "use 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit";
  const std::string quoted = "'" + std::string(name.substr(0, 80)) + "'";
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
  if (name.empty() || name.size() > 64 || !plain || !is_alnum(name.front()))
    return fail(Errc::invalid_argument, quoted + " is not a name", hint);
  if (parse_unsigned(name)) return fail(Errc::invalid_argument, quoted + " is only digits, like an id", hint);
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
    return fail(Errc::invalid_argument, quoted + " is a word that the server's own URLs use",
                "choose another name");
  return {};
}

std::optional<SnapshotRef> parse_snapshot(std::string_view text) {
  if (text == "latest") return Latest{};
  if (const auto day = parse_day(text)) return AsOf{*day};
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    const auto day = parse_day(text.substr(0, plus));
    const auto id = text.substr(plus + 1);
    if (!day || id.empty() || id.size() > kMaxPinnedId || !std::all_of(id.begin(), id.end(), is_id))
      return std::nullopt;
    return Pinned{*day, std::string(id)};
  }
  if (const auto number = parse_unsigned(text); number && *number < (1ULL << 62) && text.front() != '0')
    return TxNo{static_cast<std::int64_t>(*number)};
  return std::nullopt;
}

}  // namespace granary::model
