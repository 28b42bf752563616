#include "api/meta_listing.h"

#include <algorithm>

#include "base/text.h"

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
  query.name_like = lower(request.query_value("name_like").value_or(""));
  const auto exact = request.query_value("exact_first").value_or("false");
  if (exact != "true" && exact != "false" && exact != "1" && exact != "0")
    return fail(Errc::invalid_argument, "exact_first is neither true nor false", "leave it out for false");
  query.exact_first = exact == "true" || exact == "1";
  return query;
}

Listed select(const std::vector<std::string>& names, const ListQuery& query) {
  std::vector<const std::string*> matching;
  for (const auto& name : names) {
    if (!query.name.empty() && name != query.name) continue;
    if (!query.name_like.empty() && lower(name).find(query.name_like) == std::string::npos) continue;
    matching.push_back(&name);
  }
  if (query.exact_first && !query.name_like.empty()) {
    std::stable_partition(matching.begin(), matching.end(),
                          [&](const std::string* name) { return lower(*name) == query.name_like; });
  }
  Listed listed;
  listed.total = matching.size();
  const std::uint64_t pages = matching.size() / query.limit + 1;
  if (query.page > pages) return listed;
  for (std::uint64_t i = (query.page - 1) * query.limit;
       i < matching.size() && listed.names.size() < query.limit; ++i)
    listed.names.push_back(*matching[i]);
  return listed;
}

}  // namespace granary::api
