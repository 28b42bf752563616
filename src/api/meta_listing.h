#pragma once
/// Search and pages over lists of names.

#include <cstdint>
#include <string>
#include <vector>

#include "http/message.h"

namespace granary::api {

/// _limit (100 unless told, at most 1000), _page (from 1), name, name_like, exact_first.
struct ListQuery {
  std::uint64_t limit = 100, page = 1;
  std::string name;       // exactly this one
  std::string name_like;  // contains this, whatever the case
  bool exact_first = false;

  /// Errc::invalid_argument for what is not a number or not a truth value.
  static Result<ListQuery> parse(const http::Request&);
};

struct Listed {
  std::vector<std::string> names;  // of the page
  std::uint64_t total = 0;         // of all that match
};
/// `names` is sorted. With exact_first the name that is searched for comes before those that only contain it.
Listed select(const std::vector<std::string>& names, const ListQuery& query);

}  // namespace granary::api
