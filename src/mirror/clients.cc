#include "mirror/clients.h"

#include "base/encryption.h"
#include "mirror/parts.h"

namespace granary::mirror {
namespace {

class RealClients final : public Clients {
 public:
  RealClients(ClientDefaults defaults, std::shared_ptr<const Clock> clock, Metrics& metrics)
      : defaults_(std::move(defaults)), clock_(std::move(clock)), metrics_(&metrics) {}

  Result<std::shared_ptr<upstream::Client>> of(const Context& ctx, const model::Source& source) override {
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(source.id.value);
      if (found != entries_.end() && found->second.upstream == source.upstream) return found->second.client;
    }
    auto client = TRY(make(ctx, source));
    const std::lock_guard lock(mutex_);
    entries_.insert_or_assign(source.id.value, Entry{source.upstream, client});
    return client;
  }

 private:
  struct Entry {
    model::Upstream upstream;
    std::shared_ptr<upstream::Client> client;
  };

  Result<std::string> default_url(const Context& ctx, model::SourceType type) const {
    switch (type) {
      case model::SourceType::cran:
        return defaults_.cran_url;
      case model::SourceType::bioconductor:
        return defaults_.bioconductor_url;
      case model::SourceType::pypi:
        if (defaults_.pypi_url) return defaults_.pypi_url(ctx);
        return fail(Errc::unavailable, "no URL of a Python index is set", "set PyPI.URL");
      case model::SourceType::local:
      case model::SourceType::local_python:
      case model::SourceType::cran_snapshot:
      case model::SourceType::git:
      case model::SourceType::git_python:
        break;
    }
    return fail(Errc::invalid_argument,
                "a source of type " + std::string(name_of(type)) + " has no upstream");
  }

  Result<std::shared_ptr<upstream::Client>> make(const Context& ctx, const model::Source& source) {
    if (source.upstream.url == kOffline)
      return fail(Errc::unavailable, "the source '" + source.name + "' is offline: it asks no upstream",
                  "bring what is missing in a bundle: granary export where there is an upstream, granary "
                  "import here");
    upstream::ClientOptions options;
    options.url = source.upstream.url;
    if (options.url.empty()) options.url = TRY(default_url(ctx, source.type));
    options.user = source.upstream.user;
    options.password = source.upstream.password;
    if (looks_encrypted(options.password)) {
      if (!defaults_.decrypt)
        return fail(Errc::unavailable,
                    "the password of '" + source.name + "' is encrypted, but there is no key here",
                    "give every node the same encryption key");
      options.password = TRY(defaults_.decrypt(options.password));
    }
    options.proxy = source.upstream.proxy.empty() ? defaults_.proxy : source.upstream.proxy;
    options.ca_file = source.upstream.ca_file;
    options.user_agent = defaults_.user_agent;
    options.pace =
        std::make_shared<upstream::Pace>(defaults_.requests_per_second, defaults_.requests_at_once);
    options.on_answer = [metrics = metrics_, name = source.name](int status) {
      metrics
          ->counter("granary_upstream_requests_total", "Answers of upstreams; code 0: none at all",
                    {{"source", name}, {"code", std::to_string(status)}})
          .add();
    };
    return std::shared_ptr<upstream::Client>(TRY(upstream::make_client(std::move(options), clock_)));
  }

  const ClientDefaults defaults_;
  const std::shared_ptr<const Clock> clock_;
  Metrics* const metrics_;
  std::mutex mutex_;
  std::map<std::int64_t, Entry> entries_;
};

}  // namespace

std::shared_ptr<Clients> make_clients(ClientDefaults defaults, std::shared_ptr<const Clock> clock,
                                      Metrics& metrics) {
  return std::make_shared<RealClients>(std::move(defaults), std::move(clock), metrics);
}

}  // namespace granary::mirror
