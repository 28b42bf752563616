#include "db/postgres/writer.h"

#include <algorithm>
#include <utility>

#include "db/postgres/errors.h"

namespace granary::db {
namespace {

using Clock = Context::Clock;

constexpr auto kFirstBackoff = std::chrono::milliseconds(50);
constexpr auto kLongestBackoff = std::chrono::milliseconds(1'000);
constexpr std::size_t kLongestPayload = 7'000;  // the server takes less than 8,000 bytes

std::string listed(std::span<const std::int64_t> topics) {
  std::string text;
  for (const auto topic : topics) text += (text.empty() ? "" : ",") + std::to_string(topic);
  return text.size() <= kLongestPayload ? text : "";
}

std::int64_t left(Context::Clock::time_point deadline) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return std::clamp<std::int64_t>(ms, 1, 86'400'000);  // 0 would mean no timeout
}

}  // namespace

Result<> PostgresWriter::connect() {
  if (why_ && Clock::now() < not_before_) return tl::unexpected(*why_);
  if (outage_->is_silent()) return postgres_error("", "it answers nobody", "");
  auto connected =
      servers_->connect(Clock::now() + options_->connection_timeout, {.silent = outage_->told_fd()});
  if (!connected) {
    backoff_ = std::clamp<std::chrono::milliseconds>(backoff_ * 2, kFirstBackoff, kLongestBackoff);
    not_before_ = Clock::now() + backoff_;
    if (is_full(connected.error())) full_();
    why_ = connected.error();
    return tl::unexpected(std::move(connected).error());
  }
  backoff_ = std::chrono::milliseconds(0);
  why_.reset();
  connection_ = *std::move(connected);
  connected_at_ = Clock::now();
  ++*open_;
  // An answered write survives a crash of the server, whatever its default; and a node that stops in the
  // middle of a transaction must not keep the others from writing.
  connection_->limit(Clock::now() + options_->connection_timeout);
  TRY(
      connection_->run("SELECT set_config('synchronous_commit', 'on', false) "
                       "WHERE current_setting('synchronous_commit') = 'off';"
                       "SET idle_in_transaction_session_timeout = '5s'"));
  return {};
}

void PostgresWriter::disconnect() noexcept {
  if (connection_) --*open_;
  connection_.reset();
  in_transaction_ = false;
}

Result<> PostgresWriter::begin_on_connection() {
  const auto patience = options_->connection_timeout;
  connection_->limit(Clock::now() + patience);
  entered_ = false;
  in_transaction_ = true;
  TRY(connection_->run(
      "BEGIN; SET LOCAL statement_timeout = " + std::to_string(patience.count()) +
      "; SELECT pg_advisory_xact_lock(1735550561, hashtext(coalesce(current_schema(), '')))"));
  return {};
}

Result<> PostgresWriter::begin() {
  const auto lifetime = options_->max_connection_lifetime;
  if (connection_ &&
      (connection_->broken() || (lifetime.count() > 0 && Clock::now() - connected_at_ >= lifetime)))
    disconnect();
  const bool stale = connection_ != nullptr;
  if (!connection_) TRY(connect());
  auto begun = begin_on_connection();
  if (begun || !stale || !connection_->broken()) return begun;
  disconnect();  // the server went away while nobody wrote
  TRY(connect());
  return begin_on_connection();
}

Result<> PostgresWriter::enter(Deadline deadline) {
  connection_->limit(std::min(deadline, Clock::now() + std::chrono::hours(1)));
  TRY(connection_->run(std::string(std::exchange(entered_, true) ? "RELEASE SAVEPOINT change; " : "") +
                       "SAVEPOINT change; SET LOCAL statement_timeout = " + std::to_string(left(deadline))));
  return {};
}

Result<> PostgresWriter::undo() {
  connection_->limit(Clock::now() + options_->connection_timeout);
  TRY(connection_->run("ROLLBACK TO SAVEPOINT change"));
  return {};
}

Result<> PostgresWriter::commit(std::span<const std::int64_t> topics) {
  connection_->limit(Clock::now() + options_->connection_timeout);
  std::string sql =
      "SET LOCAL statement_timeout = " + std::to_string(options_->connection_timeout.count()) + "; ";
  if (!topics.empty())
    sql += "SELECT pg_notify('" + std::string(kChannel) + "', '" + node_ + "/" + listed(topics) +
           "/' || coalesce(current_schema(), '')), nextval(to_regclass('granary_changes')); ";
  connection_->wait_in_silence(true);
  auto tag = connection_->run(sql + "COMMIT");
  connection_->wait_in_silence(false);
  if (!tag && connection_->broken())
    return tl::unexpected(
        Error(Errc::unavailable, "the database went away while the change was being stored",
              "it may or may not be there: look, or send it again", __FILE__, __LINE__)
            .note(tag.error().notes().empty() ? tag.error().message() : tag.error().notes().front())
            .as_brief());
  if (!tag) return tl::unexpected(std::move(tag).error());
  if (*tag != "COMMIT")
    return fail(Errc::unavailable, "the database did not store the change", "retry later");
  in_transaction_ = false;
  return {};
}

void PostgresWriter::abandon() noexcept {
  if (!connection_) return;
  connection_->limit(Clock::now() + options_->connection_timeout);
  if (in_transaction_ && (connection_->broken() || !connection_->run("ROLLBACK"))) disconnect();
  in_transaction_ = false;
}

}  // namespace granary::db
