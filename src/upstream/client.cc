#include "upstream/client.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "net/url.h"
#include "upstream/file_tree.h"

namespace granary::upstream {
namespace {

constexpr int kRedirects = 5;

bool is_file(std::string_view url) { return starts_with_ignore_case(url, "file://"); }

bool is_absolute(std::string_view url) {
  const auto colon = url.find("://");
  return colon != url.npos && url.find_first_of("/?#") > colon;
}

/// The whole's size out of "bytes 0-99/1234".
std::optional<std::uint64_t> size_in(std::string_view content_range) {
  const auto slash = content_range.rfind('/');
  return slash == content_range.npos ? std::nullopt : parse_unsigned(content_range.substr(slash + 1));
}

/// Where the bytes of "bytes 100-199/1234" begin.
std::optional<std::uint64_t> first_in(std::string_view content_range) {
  if (!starts_with_ignore_case(content_range, "bytes ")) return std::nullopt;
  content_range.remove_prefix(std::string_view("bytes ").size());
  return parse_unsigned(content_range.substr(0, content_range.find('-')));
}

Answer answer_of(const net::Response& response, const std::string& url, bool packed) {
  Answer answer;
  answer.url = url;
  answer.validators = {std::string(response.header("ETag")), std::string(response.header("Last-Modified"))};
  answer.content_type = response.header("Content-Type");
  answer.headers = response.headers;
  answer.not_modified = response.status == 304;
  answer.partial = response.status == 206;
  if (answer.partial)
    answer.size = size_in(response.header("Content-Range"));
  else if (!packed || response.header("Content-Encoding").empty())
    answer.size = parse_unsigned(response.header("Content-Length"));
  return answer;
}

/// What one request came to, when it was not a success.
struct Failed {
  Error error;
  bool may_pass = false;  // another attempt may go better
  std::optional<std::chrono::seconds> retry_after{};
};

Failed refusal(const net::Response& response, const std::string& url, Time now) {
  const std::string where = net::printable_url(url);
  const std::string status = std::to_string(response.status);
  const auto make = [&](Errc code, std::string message, std::string hint, bool may_pass = false) {
    return Failed{Error(code, std::move(message), std::move(hint), __FILE__, __LINE__), may_pass, {}};
  };
  switch (response.status) {
    case 404:
    case 410:
      return make(Errc::not_found, "upstream has no " + where, "check the URL of the source");
    case 401:
    case 403:
    case 407:
      return make(Errc::unavailable, "upstream refuses us (" + status + "): " + where,
                  response.status == 407 ? "check the user and password of the proxy"
                                         : "check the user and password of the source");
    case 416:
      return make(Errc::corrupt, "shorter upstream than expected: " + where, "try again after the next sync");
    default:
      break;
  }
  auto failed = make(Errc::unavailable, "upstream answers " + status + ": " + where,
                     "try again later; if it stays so, look at the upstream or change its URL",
                     net::is_retryable(response.status));
  if (const auto after = response.header("Retry-After"); !after.empty())
    failed.retry_after = net::parse_retry_after(after, now);
  return failed;
}

/// One Get, over all its attempts.
struct Transfer {
  const Get& get;
  const std::function<Result<>(const Answer&)>& begin;
  const std::function<Result<>(ByteSpan)>& sink;
  std::string url;
  std::uint64_t received = 0;        // given to the sink
  std::optional<Answer> begun{};     // what begin() heard
  std::optional<Error> of_caller{};  // of begin() or sink(): never retried
  std::function<void()> restart{};   // the caller forgets what it has; empty: it cannot
  bool enough = false;               // all of the range is there, and the transfer was ended on purpose

  bool resumable() const noexcept {
    return begun && !get.compressed && !begun->validators.etag.empty() &&
           !begun->validators.etag.starts_with("W/");
  }
};

class HttpUpstream final : public Client {
 public:
  HttpUpstream(ClientOptions options, std::shared_ptr<const Clock> clock)
      : options_(std::move(options)),
        clock_(std::move(clock)),
        origin_(net::url_origin(options_.url)),
        http_({.ca_file = options_.ca_file,
               .proxy = options_.proxy,
               .user_agent = options_.user_agent,
               .idle_timeout = options_.idle_timeout,
               .lowest_speed = options_.lowest_speed}) {}

  const std::string& url() const noexcept override { return options_.url; }

  Result<Answer> get(const Context& ctx, const Get& get) override {
    std::string body;
    const std::function<Result<>(const Answer&)> begin = [](const Answer&) { return Result<>(); };
    const std::function<Result<>(ByteSpan)> sink = [&](ByteSpan bytes) -> Result<> {
      body += as_text(bytes);
      return {};
    };
    auto answer =
        TRY(run(ctx, {.get = get, .begin = begin, .sink = sink, .url = absolute(get.url), .restart = [&] {
                        body.clear();
                      }}));
    answer.body = std::move(body);
    return answer;
  }

  Result<Answer> stream(const Context& ctx, const Get& get,
                        const std::function<Result<>(const Answer&)>& begin,
                        const std::function<Result<>(ByteSpan)>& sink) override {
    return run(ctx, {.get = get, .begin = begin, .sink = sink, .url = absolute(get.url)});
  }

 private:
  Result<Answer> run(const Context& ctx, Transfer transfer) {
    const Get& get = transfer.get;
    if (is_file(transfer.url))
      return read_from_tree(ctx, options_.url, transfer.url, get, transfer.begin, transfer.sink);
    const auto turn = TRY(ctx.wait_for_remote());
    const auto policy = get.retry.value_or(options_.retry);
    for (int failures = 1;; ++failures) {
      Failed failed{Error(Errc::internal, "", "", __FILE__, __LINE__)};
      auto answer = attempt(ctx, transfer, failed);
      if (answer) return *std::move(answer);
      const bool again =
          failed.may_pass && (transfer.received == 0 || transfer.resumable() || transfer.restart);
      const auto delay =
          again ? net::delay_after(policy, failures, net::random_jitter(), failed.retry_after) : std::nullopt;
      if (!delay || ctx.remaining() < *delay) return tl::unexpected(std::move(failed.error));
      TRY(net::wait(ctx, *delay));
      if (transfer.received > 0 && !transfer.resumable()) {
        transfer.restart();
        transfer.received = 0;
        transfer.begun.reset();
      }
    }
  }

  std::string absolute(const std::string& url) const {
    if (is_absolute(url)) return url;
    return options_.url + '/' + url.substr(std::min(url.find_first_not_of('/'), url.size()));
  }

  std::vector<net::Header> headers(const Transfer& transfer, const std::string& url) const {
    const Get& get = transfer.get;
    auto out = get.headers;
    if (!options_.user.empty() && origin_ && net::url_origin(url) == origin_)
      out.push_back({"Authorization", "Basic " + base64(as_bytes(options_.user + ':' + options_.password))});
    if (!get.known.etag.empty()) out.push_back({"If-None-Match", get.known.etag});
    if (!get.known.last_modified.empty()) out.push_back({"If-Modified-Since", get.known.last_modified});
    std::uint64_t first = transfer.received;
    std::string last;
    if (get.range) {
      first += get.range->first;
      last = std::to_string(get.range->first + get.range->size - 1);
    }
    if (first > 0 || get.range) out.push_back({"Range", "bytes=" + std::to_string(first) + '-' + last});
    if (transfer.received > 0) out.push_back({"If-Range", transfer.begun->validators.etag});
    return out;
  }

  /// Absent: `failed` says why.
  std::optional<Answer> attempt(const Context& ctx, Transfer& transfer, Failed& failed) {
    std::set<std::string> seen;
    std::string url = transfer.url;
    for (;;) {
      seen.insert(url);
      Pace::Turn turn;
      if (transfer.get.background && options_.pace) {
        auto taken = options_.pace->take(ctx);
        if (!taken) return failed = {std::move(taken).error()}, std::nullopt;
        turn = *std::move(taken);
      }
      auto response = request(ctx, transfer, url);
      if (options_.on_answer) options_.on_answer(response ? response->status : 0);
      if (transfer.enough) return std::move(transfer.begun);  // also of an upstream that sends the whole file
      if (!response) {
        const bool may_pass = !transfer.of_caller && response.error().code() == Errc::unavailable;
        auto error = std::move(response).error();
        if (may_pass) error = Error(std::move(error).note("while asking for " + net::printable_url(url)));
        failed = {std::move(error), may_pass};
        return std::nullopt;
      }
      if (response->ok()) {
        const auto& begun = *transfer.begun;
        if (!transfer.get.range && begun.size && transfer.received < *begun.size) {
          failed = {cut_off(url), true};
          return std::nullopt;
        }
        return std::move(transfer.begun);
      }
      if (response->status == 304 && transfer.get.known != Validators{})
        return answer_of(*response, url, false);
      const auto location = response->header("Location");
      if (response->status < 300 || response->status >= 400 || location.empty())
        return failed = refusal(*response, url, clock_->now()), std::nullopt;
      auto next = follow(url, std::string(location), seen);
      if (!next) return failed = {std::move(next).error()}, std::nullopt;
      url = *std::move(next);
    }
  }

  static Result<std::string> follow(const std::string& url, const std::string& location,
                                    const std::set<std::string>& seen) {
    const std::string where = net::printable_url(url);
    auto next = net::resolve_url(url, location);
    const bool http = next && (next->starts_with("https://") ||
                               (next->starts_with("http://") && url.starts_with("http://")));
    if (!http)
      return fail(Errc::unavailable, "upstream redirects " + where + " to " + net::printable_url(location),
                  "only http:// and https:// are followed, and never from https:// to http://");
    if (seen.contains(*next))
      return fail(Errc::unavailable, "upstream redirects in a circle: " + where,
                  "check the URL of the source, or tell the upstream's operators");
    if (seen.size() > kRedirects)
      return fail(Errc::unavailable,
                  "upstream redirects more than " + std::to_string(kRedirects) + " times: " + where,
                  "set the URL of the source to where it leads at last");
    return next;
  }

  Result<net::Response> request(const Context& ctx, Transfer& transfer, const std::string& url) {
    const Get& get = transfer.get;
    const auto of_caller = [&](Result<> result) {
      if (!result) transfer.of_caller = result.error();
      return result;
    };
    net::Request request;
    request.url = url;
    request.headers = headers(transfer, url);
    request.unpack = get.compressed;
    request.body_limit = 4096;  // of refusals
    request.on_head = [&](const net::Response& head) -> Result<> {
      if (!head.ok()) return {};
      auto answer = answer_of(head, url, get.compressed);
      const std::uint64_t first = (get.range ? get.range->first : 0) + transfer.received;
      if (answer.partial && first_in(head.header("Content-Range")) != first)
        return fail(Errc::unavailable,
                    "upstream sends another range than it was asked for: " + net::printable_url(url),
                    "this upstream's ranges are broken: use another one");
      if (!answer.partial && get.range && get.range->first > 0 && !transfer.begun)
        return of_caller(fail(Errc::unsupported,
                              "upstream does not answer ranges: " + net::printable_url(url),
                              "the whole file has to be fetched"));
      if (transfer.begun) {
        if (!answer.partial)
          return fail(Errc::unavailable, "changed upstream while it was fetched: " + net::printable_url(url),
                      "try again");
        return {};
      }
      if (answer.partial && !get.range)
        return fail(Errc::unavailable,
                    "upstream sends a part, and was asked for all: " + net::printable_url(url),
                    "this upstream's ranges are broken: use another one");
      answer.partial = get.range.has_value();
      if (answer.size && !get.range && *answer.size > get.limit) return of_caller(too_long(get, url));
      transfer.begun = answer;
      return of_caller(transfer.begin(answer));
    };
    request.sink = [&](ByteSpan bytes) -> Result<> {
      if (transfer.enough) return fail(Errc::cancelled, "the range is there");
      if (get.range)
        bytes = bytes.first(static_cast<std::size_t>(
            std::min<std::uint64_t>(bytes.size(), get.range->size - transfer.received)));
      if (transfer.received + bytes.size() > get.limit) return of_caller(too_long(get, url));
      transfer.received += bytes.size();
      if (!bytes.empty()) TRY(of_caller(transfer.sink(bytes)));
      transfer.enough = get.range && transfer.received == get.range->size;
      return {};
    };
    return http_.request(ctx, request);
  }

  static Error cut_off(const std::string& url) {
    return Error(Errc::unavailable, "cut off upstream: " + net::printable_url(url), "try again", __FILE__,
                 __LINE__);
  }

  static Result<> too_long(const Get& get, const std::string& url) {
    return fail(Errc::too_large, "longer than " + human_size(get.limit) + ": " + net::printable_url(url),
                "that is more than such a file can have: look at what the upstream sends");
  }

  const ClientOptions options_;
  const std::shared_ptr<const Clock> clock_;
  const std::optional<net::UrlOrigin> origin_;
  net::HttpClient http_;
};

}  // namespace

std::string_view Answer::header(std::string_view name) const noexcept {
  for (const auto& header : headers) {
    if (equals_ignore_case(header.name, name)) return header.value;
  }
  return {};
}

Result<std::unique_ptr<Client>> make_client(ClientOptions options, std::shared_ptr<const Clock> clock) {
  while (options.url.ends_with('/')) options.url.pop_back();
  const bool http =
      starts_with_ignore_case(options.url, "http://") || starts_with_ignore_case(options.url, "https://");
  if (!is_file(options.url + '/') && !(http && net::url_origin(options.url)))
    return fail(Errc::invalid_argument,
                "not the URL of an upstream: '" + net::printable_url(options.url) + "'",
                "give http://, https:// or file:///folder");
  return std::make_unique<HttpUpstream>(std::move(options), std::move(clock));
}

bool looks_like_html(const Answer& answer) noexcept {
  if (starts_with_ignore_case(answer.content_type, "text/html") ||
      starts_with_ignore_case(answer.content_type, "application/xhtml"))
    return true;
  const auto body = trim(answer.body);
  return starts_with_ignore_case(body, "<!doctype html") || starts_with_ignore_case(body, "<html");
}

}  // namespace granary::upstream
