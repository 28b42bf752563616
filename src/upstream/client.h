#pragma once
/// A polite client of one upstream: retries, redirects, conditions, ranges and bounds, so that what speaks to
/// CRAN, Bioconductor and PyPI says only what it wants. In tests: upstream/testing/fake_upstream.h.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/context.h"
#include "net/http_client.h"
#include "net/retry.h"
#include "upstream/pace.h"

namespace granary::upstream {

/// What an earlier answer said of itself (RFC 9110 8.8).
struct Validators {
  std::string etag, last_modified;
  bool operator==(const Validators&) const = default;
};

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;  // not 0
};

struct Get {
  /// Relative to the upstream's URL, or absolute. Percent-encoded.
  std::string url;
  std::vector<net::Header> headers{};  // Accept, ...
  Validators known{};                  // asks only for what is newer
  std::optional<ByteRange> range{};
  /// A longer body (unpacked) is Errc::too_large.
  std::uint64_t limit = 64 << 20;
  /// Offers gzip on the way: for indexes, never for files that have a hash.
  bool compressed = false;
  /// Of a background job: held to the upstream's Pace.
  bool background = false;
  std::optional<net::RetryPolicy> retry{};  // absent: the client's
};

struct Answer {
  bool not_modified = false;  // nothing is newer than Get::known; no body
  bool partial = false;       // the body is the range that was asked for
  std::string body;           // get() only
  Validators validators;
  std::string content_type;
  std::optional<std::uint64_t> size;  // of the whole, as it lies upstream, where that is said
  std::string url;                    // where it was found at last: relative links begin there
  std::vector<net::Header> headers;

  std::string_view header(std::string_view name) const noexcept;
};

/// Safe for concurrent use. Blocks. Errors: not_found (404, 410), too_large, corrupt (a range past the end,
/// broken gzip), unavailable (all else that upstream does; retried before), invalid_argument (URL), cancelled
/// and deadline_exceeded (of the context), unsupported (a range from the middle, of an upstream without
/// ranges). Their messages name the URL.
class Client {
 public:
  virtual ~Client() = default;

  /// The answer in memory.
  virtual Result<Answer> get(const Context&, const Get&) = 0;

  /// `begin` once, before the first byte, then `sink`; not for not_modified. A transfer that breaks off is
  /// resumed where upstream can do that, else it fails: nothing is sent to `sink` twice.
  virtual Result<Answer> stream(const Context&, const Get&,
                                const std::function<Result<>(const Answer&)>& begin,
                                const std::function<Result<>(ByteSpan)>& sink) = 0;

  /// Without a '/' at its end.
  virtual const std::string& url() const noexcept = 0;
};

struct ClientOptions {
  std::string url;                     // http://, https:// or file:///folder; without a '/' at its end
  std::string user{}, password{};      // Basic, sent to the origin of `url` only
  std::string proxy{}, ca_file{};      // as in net::ClientOptions
  std::string user_agent = "granary";  // "granary/1.2"
  std::chrono::seconds idle_timeout{60};
  /// Of a byte now and then a download would take its place for ever.
  long lowest_speed = 1'000;
  net::RetryPolicy retry{
      .attempts = 4, .first = std::chrono::milliseconds(300), .longest = std::chrono::milliseconds(10'000)};
  std::shared_ptr<Pace> pace{};  // null: none
  /// Hears of every answer, 0 for none at all: for metrics.
  std::function<void(int status)> on_answer{};
};

/// Errc::invalid_argument unless the URL is http, https or file.
Result<std::unique_ptr<Client>> make_client(ClientOptions options, std::shared_ptr<const Clock> clock);

/// A web page, where data was expected: a proxy's log-in page, a mirror's "we are moving".
bool looks_like_html(const Answer& answer) noexcept;

}  // namespace granary::upstream
