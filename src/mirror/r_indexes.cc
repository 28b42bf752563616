#include "mirror/r_indexes.h"

#include "base/compress.h"
#include "base/uri.h"
#include "r/titles.h"
#include "r/tree_name.h"

namespace granary::mirror {
namespace {

/// CRAN's largest, archive.rds, is some 3 MB packed and 50 MB unpacked.
constexpr std::uint64_t kPacked = 64ULL << 20;
constexpr std::size_t kUnpacked = 256ULL << 20;

/// The body, or nothing when it is not newer.
Result<std::optional<std::string>> newer(const Context& ctx, upstream::Client& client, const std::string& url,
                                         upstream::Validators& known) {
  upstream::Get get;
  get.url = percent_encode(url, true);
  get.known = known;
  get.limit = kPacked;
  auto answer = TRY(client.get(ctx, get));
  if (answer.not_modified) return std::optional<std::string>();
  if (looks_like_html(answer))
    return fail(Errc::corrupt, "upstream answers with a web page for " + answer.url,
                "check the URL of the upstream, and what a proxy in between answers");
  known = answer.validators;
  return std::optional<std::string>(std::move(answer.body));
}

/// Packed twice, too: by a server that packs for the way whatever it sends, unasked.
Result<std::string> unpacked(std::string body) {
  for (int i = 0; i < 2 && body.starts_with("\x1f\x8b"); ++i) body = TRY(gunzip(body, kUnpacked));
  return body;
}

/// Does what is optional; absent also when it is not there or not readable. `known` is as it was then, so
/// that it is tried again.
template <class Value, class Parse>
Result<std::optional<Value>> optional_index(const Context& ctx, upstream::Client& client,
                                            const std::string& url, upstream::Validators& known,
                                            std::string& problem, const Parse& parse) {
  auto validators = known;
  auto body = newer(ctx, client, url, validators);
  if (!body && body.error().code() == Errc::not_found) return std::optional<Value>();
  if (!body && body.error().code() != Errc::corrupt && body.error().code() != Errc::too_large)
    return tl::unexpected(std::move(body).error());
  if (body && !*body) return std::optional<Value>();
  auto value = body ? parse(**std::move(body)) : Result<Value>(tl::unexpected(std::move(body).error()));
  if (!value) {
    if (problem.empty()) problem = value.error().message() + " (" + url + ")";
    return std::optional<Value>();
  }
  known = validators;
  return std::optional<Value>(*std::move(value));
}

Result<std::optional<std::string>> packages(const Context& ctx, upstream::Client& client,
                                            const std::string& tree, upstream::Validators& known,
                                            std::string& problem) {
  auto validators = known;
  auto body = newer(ctx, client, tree + "/PACKAGES.gz", validators);
  if (body && !*body) return body;
  if (body) {
    auto text = unpacked(**std::move(body));
    if (text) {
      known = validators;
      return std::optional<std::string>(*std::move(text));
    }
    body = tl::unexpected(std::move(text).error());
  }
  if (body.error().code() != Errc::not_found && body.error().code() != Errc::corrupt) {
    return body;
  }
  if (body.error().code() == Errc::corrupt) problem = body.error().message() + " (" + tree + "/PACKAGES.gz)";
  validators = known;
  auto plain = TRY(newer(ctx, client, tree + "/PACKAGES", validators));
  known = validators;
  return plain;
}

}  // namespace

Result<RIndexes> read_r_indexes(const Context& ctx, upstream::Client& client, const std::string& tree,
                                bool dated, const RTreeState& known) {
  RIndexes out;
  out.state = known;
  if (const auto where = r::titles_path(tree); !where.path.empty()) {
    // First, since it needs much memory for a moment.
    out.titles = TRY(optional_index<std::string>(
        ctx, client, where.path, out.state.titles, out.problem, [&](std::string body) -> Result<std::string> {
          body = TRY(unpacked(std::move(body)));
          return where.rds ? r::titles_in_packages_rds(body) : r::titles_in_views(body);
        }));
  }
  if (const auto text = TRY(packages(ctx, client, tree, out.state.packages, out.problem))) {
    out.listed = TRY(r::parse_packages(*text, r::extension_of(tree), out.skipped));
    if (out.skipped.count > 0) out.state.packages = {};  // read again, until it is whole
  }
  if (!dated) return out;
  using Files = std::vector<r::DatedFile>;
  out.current =
      TRY(optional_index<Files>(ctx, client, tree + "/Meta/current.rds", out.state.current, out.problem,
                                [&](std::string_view b) { return r::parse_current_rds(b, out.skipped); }));
  out.archive =
      TRY(optional_index<Files>(ctx, client, tree + "/Meta/archive.rds", out.state.archive, out.problem,
                                [&](std::string_view b) { return r::parse_archive_rds(b, out.skipped); }));
  using Absences = std::map<std::string, std::vector<r::Withdrawal>>;
  out.absences = TRY(optional_index<Absences>(
      ctx, client, tree + "/PACKAGES.in", out.state.absences, out.problem,
      [](std::string_view b) -> Result<Absences> { return r::parse_packages_in(b); }));
  return out;
}

}  // namespace granary::mirror
