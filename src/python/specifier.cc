#include "python/specifier.h"

#include <array>
#include <string>

#include "base/text.h"
#include "python/version.h"

namespace granary::python {
namespace {

constexpr std::size_t kLongest = 4096;
// An operator comes before those that begin it.
constexpr std::array<std::string_view, 8> kOperators = {"===", "==", "!=", "~=", "<=", ">=", "<", ">"};

bool is_good_clause(std::string_view clause) {
  for (const auto op : kOperators) {
    if (!clause.starts_with(op)) continue;
    const auto version = trim(clause.substr(op.size()));
    if (op == "===") return version.find_first_of(" \t\r\n\f\v;)") == std::string_view::npos;
    const auto read = read_public_version(version);
    if (!read) return false;
    const auto rest = version.substr(read->length);
    if (op == "==" || op == "!=") {
      // The dot of ".*" may look like the separator of a part that never comes.
      if (version.substr(read->release_length) == ".*") return true;
      return rest.empty() || read_local_version(rest).has_value();
    }
    if (op == "~=" && read->version.release.size() < 2) return false;
    return rest.empty();
  }
  return false;
}

}  // namespace

Result<> check_specifiers(std::string_view text) {
  if (text.size() > kLongest)
    return fail(Errc::invalid_argument, "the version specifier is longer than 4096 characters");
  for (const auto part : split(text, ',')) {
    const auto clause = trim(part);
    if (clause.empty() || is_good_clause(clause)) continue;
    return fail(Errc::invalid_argument, "'" + std::string(clause) + "' is not a version specifier",
                "write it as PEP 440 says, for example: >=3.9,!=3.9.7");
  }
  return {};
}

}  // namespace granary::python
