#include "db/postgres/errors.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace granary::db {
namespace {

struct Meaning {
  std::string_view state;  // or the first characters of several
  Errc code;
  std::string_view message, hint;
  bool brief = false;  // so a server fails over, or restarts
};

constexpr std::string_view kFull = "the database server has no connection left";
constexpr std::string_view kRetry = "retry later";

// The first that fits.
constexpr std::array<Meaning, 18> kMeanings = {{
    {"57014", Errc::deadline_exceeded, "the database took longer than the deadline", kRetry},
    {"57", Errc::unavailable, "the database server is starting or stopping", kRetry, true},
    {"53100", Errc::unavailable, "the disk of the database server is full", "free space on it, then retry"},
    {"53300", Errc::unavailable, kFull, "raise its max_connections, or lower the connections of this server",
     true},
    {"53", Errc::unavailable, "the database server lacks resources", kRetry},
    {"58", Errc::unavailable, "the database server cannot read or write its files",
     "look at its log and its disk"},
    {"08", Errc::unavailable, "the connection to the database broke", kRetry, true},
    {"25006", Errc::unavailable, "the database server is read-only", "connect to the primary server", true},
    {"25P0", Errc::unavailable, "the database ended the transaction", kRetry, true},
    {"28", Errc::unavailable, "the database server refused the login",
     "look at the user, the password and pg_hba.conf"},
    {"3D", Errc::unavailable, "the database does not exist", "create it, or correct the address"},
    {"3F", Errc::unavailable, "the schema does not exist", "create the schema that search_path names"},
    {"42501", Errc::unavailable, "the database user lacks a permission",
     "grant it the right to use and create in its schema"},
    {"40", Errc::unavailable, "the database gave up a change for the sake of another", kRetry, true},
    {"55", Errc::unavailable, "the database is locked by another program", kRetry},
    {"23", Errc::conflict, "it exists already, or something else still needs it", "look at what is there"},
    {"22021", Errc::invalid_argument, "a text is not valid UTF-8", "send UTF-8"},
    {"54", Errc::too_large, "a value is too large for the database", ""},
}};

/// Five digits or capital letters between ":  " and ": ", whatever the language of the word before.
std::string_view state_in(std::string_view said) {
  constexpr std::string_view kBefore = ":  ", kAfter = ": ";
  constexpr std::size_t kLength = 5;
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  for (auto at = said.find(kBefore); at != std::string_view::npos; at = said.find(kBefore, at + 1)) {
    const auto rest = said.substr(at + kBefore.size());
    if (rest.size() < kLength) break;
    const auto state = rest.substr(0, kLength);
    if (std::all_of(state.begin(), state.end(), fits) && rest.substr(kLength).starts_with(kAfter))
      return state;
  }
  return {};
}

}  // namespace

tl::unexpected<Error> login_error(std::string_view said) {
  const auto state = state_in(said);
  const auto text = std::string(said.substr(0, said.find("\nLOCATION:")));
  auto error = postgres_error(state, text, "");
  if (error.value().code() == Errc::unavailable) return error;
  return tl::unexpected(Error(Errc::unavailable, "the database server refused the connection",
                              "look at its log", __FILE__, __LINE__)
                            .note(text)
                            .as_brief());
}

bool is_full(const Error& error) { return error.message() == kFull; }

tl::unexpected<Error> postgres_error(std::string_view state, std::string reason, std::string_view sql) {
  Meaning meaning{"", Errc::internal, "the database refused a statement", ""};
  if (state.empty()) meaning = {"", Errc::unavailable, "the database server cannot be reached", kRetry, true};
  for (const auto& row : kMeanings) {
    if (state.empty() || !state.starts_with(row.state)) continue;
    meaning = row;
    break;
  }
  const auto text = replace_all(trim(reason), "\n", "; ");
  auto error =
      Error(meaning.code, std::string(meaning.message), std::string(meaning.hint), __FILE__, __LINE__)
          .note(state.empty() ? text : std::string(state) + ": " + text)
          .as_brief(meaning.brief);
  if (!sql.empty()) error = std::move(error).note("statement: " + std::string(sql.substr(0, 200)));
  return tl::unexpected(std::move(error));
}

}  // namespace granary::db
