#include "db/postgres/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "db/postgres/errors.h"
#include "db/postgres/writer.h"

namespace granary::db {
namespace {

using Clock = Context::Clock;

constexpr auto kBetweenChecks = std::chrono::seconds(1);
constexpr auto kCheckPatience = std::chrono::seconds(2);
constexpr auto kSilence = std::chrono::milliseconds(900);  // who refuses does so at once
constexpr auto kShortPatience = std::chrono::seconds(3);
constexpr int kShortAttempts = 3;
constexpr auto kSaidAgain = std::chrono::minutes(1);
constexpr auto kFirstBackoff = std::chrono::milliseconds(50);
constexpr auto kLongestBackoff = std::chrono::milliseconds(1'000);

}  // namespace

Result<std::unique_ptr<PostgresListener>> PostgresListener::start(Setup setup) {
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return system_error(errno, "make an event descriptor");
  std::unique_ptr<PostgresListener> listener(new PostgresListener(std::move(setup), std::move(wake)));
  listener->thread_ = std::jthread([l = listener.get()](const std::stop_token& stop) { l->loop(stop); });
  return listener;
}

PostgresListener::~PostgresListener() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  thread_.join();
}

void PostgresListener::loop(const std::stop_token& stop) {
  auto backoff = kFirstBackoff;
  int attempts = 0;
  while (!stop.stop_requested()) {
    const auto began = Clock::now();
    // Of several servers one that hangs is waited for the longer the longer one tries: begin anew soon.
    const bool long_one = ++attempts % kShortAttempts == 0;
    const auto timeout = setup_.connection_timeout;
    auto ended =
        listen(stop, long_one ? timeout : std::min<std::chrono::milliseconds>(timeout, kShortPatience));
    if (stop.stop_requested()) break;
    setup_.lost(ended.error().code() == Errc::deadline_exceeded ||
                (!connected_ && Clock::now() - began >= kSilence));
    if (is_full(ended.error())) setup_.full();
    complain(ended.error());
    backoff = Clock::now() - began > std::chrono::seconds(10) ? kFirstBackoff
                                                              : std::min(backoff * 2, kLongestBackoff);
    pollfd wake{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    ::poll(&wake, 1, static_cast<int>(backoff.count()));
  }
}

/// An outage lasts: the same reason is said now and then.
void PostgresListener::complain(const Error& why) {
  if (said_ == why.message() && Clock::now() < say_again_) return;
  said_ = why.message();
  say_again_ = Clock::now() + kSaidAgain;
  setup_.log.failed("failed to listen for changes", why);
}

Result<> PostgresListener::listen(const std::stop_token& stop, std::chrono::milliseconds patience) {
  connected_ = false;
  const auto connection = TRY(setup_.servers->connect(Clock::now() + patience, {.stop = wake_.get()}));
  connected_ = true;
  count_.reset();
  missing_ = false;
  const auto count = [](std::atomic<int>* open) { --*open; };
  ++*setup_.open;
  const std::unique_ptr<std::atomic<int>, decltype(count)> counted(setup_.open, count);
  connection->limit(Clock::now() + setup_.connection_timeout);
  TRY(connection->run("LISTEN " + std::string(kChannel)));
  std::string schema;
  TRY(connection->query("SELECT coalesce(current_schema(), '')", {}, [&](const Row& row) -> Result<> {
    schema = row.text(0);
    return {};
  }));
  setup_.found();
  if (!std::exchange(said_, {}).empty()) setup_.log.info("listening for changes again");
  setup_.changes->tell({});  // what was committed before LISTEN
  while (!stop.stop_requested()) {
    const auto payloads = TRY(connection->notifications(Clock::now() + kBetweenChecks));
    for (const auto& payload : payloads)
      if (hear(payload, schema)) count_.reset();
    setup_.tick();
    if (!payloads.empty()) continue;
    connection->limit(Clock::now() + kCheckPatience);
    TRY(ask_for_unheard(*connection));
  }
  return {};
}

Result<> PostgresListener::ask_for_unheard(PostgresConnection& connection) {
  std::int64_t count = 0;
  TRY(connection.query("SELECT coalesce(pg_sequence_last_value(to_regclass('granary_changes')), 0)", {},
                       [&](const Row& row) -> Result<> {
                         count = row.integer(0);
                         return {};
                       }));
  if (!count_ || *count_ == count) {
    missing_ = false;
  } else if (!std::exchange(missing_, true)) {
    return {};  // counted before its commit: its message comes
  } else {
    missing_ = false;
    if (!std::exchange(complained_, true))
      setup_.log.warn("changes of other nodes are not announced here: looking each second",
                      {{"hint", "connect to PostgreSQL itself, or through a pooler in session mode"}});
    setup_.changes->tell({});
  }
  count_ = count;
  return {};
}

/// Whether it is of this schema.
bool PostgresListener::hear(const std::string& payload, const std::string& schema) const {
  const auto parts = split(payload, '/');
  if (parts.size() < 3 || std::string_view(payload).substr(parts[0].size() + parts[1].size() + 2) != schema)
    return false;
  if (parts[0] == setup_.node) return true;
  std::vector<std::int64_t> topics;
  if (!parts[1].empty()) {
    for (const auto part : split(parts[1], ',')) {
      std::int64_t topic = 0;
      const auto parsed = std::from_chars(part.data(), part.data() + part.size(), topic);
      if (parsed.ec != std::errc()) {
        setup_.changes->tell({});
        return true;
      }
      topics.push_back(topic);
    }
  }
  setup_.changes->tell(topics);
  return true;
}

}  // namespace granary::db
