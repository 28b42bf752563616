#pragma once
/// Search and pages over lists of names.

#include <cstdint>
#include <string>

#include "http/message.h"
#include "model/types.h"
#include "view/names.h"

namespace granary::api {

/// _limit (100 unless told, at most 1000), _page (from 1), name, name_like, exact_first.
struct ListQuery {
  std::uint64_t limit = 100, page = 1;
  std::string name;       // exactly this one
  std::string name_like;  // contains this, or has these words in its title, whatever the case
  bool exact_first = false;

  /// Errc::invalid_argument for what is not a number or not a truth value.
  static Result<ListQuery> parse(const http::Request&);
  /// Names as packages of this kind are called.
  view::NameQuery of(model::Ecosystem) const;
};

}  // namespace granary::api
