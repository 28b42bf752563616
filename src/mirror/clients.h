#pragma once
/// One client per upstream, made from what the source says and what the settings add.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/context.h"
#include "base/metrics.h"
#include "model/types.h"
#include "upstream/client.h"

namespace granary::mirror {

/// Safe for concurrent use.
class Clients {
 public:
  virtual ~Clients() = default;
  /// Kept while the source's upstream stays the same. Errc::invalid_argument when its URL is none;
  /// unavailable when no URL can be found out.
  virtual Result<std::shared_ptr<upstream::Client>> of(const Context&, const model::Source&) = 0;
};

/// What a source that says nothing of its own gets.
struct ClientDefaults {
  std::string cran_url, bioconductor_url;
  /// The index that the machine's pip uses; asked when it is needed first.
  std::function<Result<std::string>(const Context&)> pypi_url;
  std::string proxy;  // with user and password
  std::string user_agent = "granary";
  /// Of a password that a source has encrypted; empty: there is no key.
  std::function<Result<std::string>(const std::string&)> decrypt{};
  double requests_per_second = 20;  // of background jobs, per source
  int requests_at_once = 8;
};

/// Counts granary_upstream_requests_total{source,code}. `metrics` outlives it.
std::shared_ptr<Clients> make_clients(ClientDefaults, std::shared_ptr<const Clock>, Metrics& metrics);

}  // namespace granary::mirror
