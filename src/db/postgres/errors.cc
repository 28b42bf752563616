#include "db/postgres/errors.h"

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

constexpr std::string_view kRetry = "retry later";

// The first that fits.
constexpr std::array<Meaning, 18> kMeanings = {{
    {"57014", Errc::deadline_exceeded, "the database took longer than the deadline", kRetry},
    {"57", Errc::unavailable, "the database server is starting or stopping", kRetry, true},
    {"53100", Errc::unavailable, "the disk of the database server is full", "free space on it, then retry"},
    {"53300", Errc::unavailable, "the database server has no connection left",
     "raise its max_connections, or lower the connections of this server"},
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

}  // namespace

tl::unexpected<Error> postgres_error(std::string_view state, std::string reason, std::string_view sql) {
  Meaning meaning{"", Errc::internal, "the database refused a statement", ""};
  if (state.empty()) meaning = {"", Errc::unavailable, "the database server cannot be reached", kRetry, true};
  for (const auto& row : kMeanings) {
    if (state.empty() || !state.starts_with(row.state)) continue;
    meaning = row;
    break;
  }
  const auto text = replace_all(trim(reason), "\n", "; ");
  return tl::unexpected(
      Error(meaning.code, std::string(meaning.message), std::string(meaning.hint), __FILE__, __LINE__)
          .note(state.empty() ? text : std::string(state) + ": " + text)
          .note("statement: " + (sql.empty() ? "none" : std::string(sql.substr(0, 200))))
          .as_brief(meaning.brief));
}

}  // namespace granary::db
