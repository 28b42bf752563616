#include "api/meta_listing.h"

#include <algorithm>

#include "api/meta_package.h"
#include "base/text.h"
#include "python/name.h"

namespace granary::api {
namespace {

constexpr std::uint64_t kMostPerPage = 1000;

Result<std::uint64_t> positive(const http::Request& request, std::string_view name, std::uint64_t otherwise) {
  const auto text = request.query_value(name);
  if (!text) return otherwise;
  const auto number = parse_unsigned(*text);
  if (!number || *number == 0)
    return fail(Errc::invalid_argument, std::string(name) + " is not a number from 1",
                "leave it out for the default");
  return *number;
}

}  // namespace

Result<ListQuery> ListQuery::parse(const http::Request& request) {
  ListQuery query;
  query.limit = std::min(TRY(positive(request, "_limit", query.limit)), kMostPerPage);
  query.page = TRY(positive(request, "_page", query.page));
  query.name = request.query_value("name").value_or("");
  query.name_like = request.query_value("name_like").value_or("");
  const auto exact = request.query_value("exact_first").value_or("false");
  if (exact != "true" && exact != "false" && exact != "1" && exact != "0")
    return fail(Errc::invalid_argument, "exact_first is neither true nor false", "leave it out for false");
  query.exact_first = exact == "true" || exact == "1";
  return query;
}

view::NameQuery ListQuery::of(model::Ecosystem ecosystem) const {
  view::NameQuery query;
  if (!name.empty()) query.exact = package_key(ecosystem, name);
  query.like = ecosystem == model::Ecosystem::python ? python::normalize_name(name_like) : name_like;
  query.exact_first = exact_first;
  query.count = limit;
  // Behind the end of any list rather than beyond what a number can say.
  query.from = page - 1 <= SIZE_MAX / limit ? (page - 1) * limit : SIZE_MAX;
  return query;
}

}  // namespace granary::api
