#include "db/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "db/postgres/errors.h"
#include "db/postgres/row.h"

namespace granary::db {
namespace {

using Clock = Context::Clock;

constexpr std::size_t kMostPrepared = 128;
constexpr auto kGrace = std::chrono::milliseconds(300);  // for the server's own timeout to arrive
constexpr auto kLongestSilence = std::chrono::seconds(30);
constexpr std::string_view kReadOnly = "25006";  // no longer the primary: there is another to connect to
constexpr Oid kUnknown = 0, kInt8 = 20, kText = 25, kBytea = 17;

struct TypeOf {
  Oid operator()(std::nullptr_t) const noexcept { return kUnknown; }
  Oid operator()(std::int64_t) const noexcept { return kInt8; }
  Oid operator()(std::string_view) const noexcept { return kText; }
  Oid operator()(const Blob&) const noexcept { return kBytea; }
};

/// Parameters in binary format. Borrows the values.
class Parameters {
 public:
  explicit Parameters(std::span<const Value> values)
      : integers_(values.size()), data_(values.size()), lengths_(values.size()), formats_(values.size(), 1) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (const auto* n = std::get_if<std::int64_t>(&values[i])) {
        auto bits = static_cast<std::uint64_t>(*n);
        for (std::size_t b = 8; b-- > 0; bits >>= 8) integers_[i][b] = static_cast<char>(bits & 0xff);
        set(i, {integers_[i].data(), 8});
      } else if (const auto* t = std::get_if<std::string_view>(&values[i])) {
        set(i, *t);
      } else if (const auto* b = std::get_if<Blob>(&values[i])) {
        set(i, b->bytes);
      }
    }
  }
  const char* const* data() const noexcept { return data_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

 private:
  void set(std::size_t i, std::string_view bytes) {
    data_[i] = bytes.data() ? bytes.data() : "";  // null means NULL
    lengths_[i] = static_cast<int>(bytes.size());
  }
  std::vector<std::array<char, 8>> integers_;
  std::vector<const char*> data_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

void ignore_notice(void*, const char*) {}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const PostgresAddress& address,
                                                                        Deadline deadline, Wake wake) {
  std::vector<const char*> keywords, values;
  for (const auto& [key, value] : address.parameters) {
    keywords.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Handle handle(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!handle) return fail(Errc::unavailable, "no memory for a database connection", "retry later");
  PQsetNoticeProcessor(handle.get(), &ignore_notice, nullptr);
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);  // for login_error()
  auto turn = PGRES_POLLING_WRITING;
  while (PQstatus(handle.get()) != CONNECTION_BAD && turn != PGRES_POLLING_OK &&
         turn != PGRES_POLLING_FAILED) {
    auto ready = wait(PQsocket(handle.get()), turn == PGRES_POLLING_WRITING, deadline, wake);
    if (!ready && ready.error().code() == Errc::deadline_exceeded)
      return postgres_error("", "no connection within the time for it", "");
    TRY(std::move(ready));
    turn = PQconnectPoll(handle.get());
  }
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    if (PQconnectionNeedsPassword(handle.get()) != 0)
      return postgres_error("28P01", PQerrorMessage(handle.get()), "");
    return login_error(PQerrorMessage(handle.get()));
  }
  PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(handle.get(), 1);
  return std::unique_ptr<PostgresConnection>(new PostgresConnection(std::move(handle), wake));
}

Result<> PostgresConnection::wait(int fd, bool to_write, Deadline until, Wake wake) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0)
      return fail(Errc::deadline_exceeded, "the database took longer than the deadline", "retry later");
    std::array<pollfd, 3> fds = {
        {{.fd = fd, .events = static_cast<short>(to_write ? POLLOUT | POLLIN : POLLIN), .revents = 0},
         {.fd = wake.stop, .events = POLLIN, .revents = 0},
         {.fd = wake.silent, .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0 && fds[1].revents != 0) return fail(Errc::cancelled, "cancelled");
    if (ready > 0 && fds[0].revents == 0) return postgres_error("", "it answers nobody", "");
    if (ready > 0) return {};
  }
}

/// Reads until the server is ready for the next command: the last answer, or the first error.
Result<PostgresConnection::Answer> PostgresConnection::collect(std::string_view sql) {
  const auto until = deadline_ == Deadline::max() ? Clock::now() + kLongestSilence
                                                  : std::max(deadline_, Clock::now()) + kGrace;
  Answer last;
  bool failed = false;
  for (;;) {
    const int unsent = PQflush(handle_.get());
    if (unsent < 0) break;
    if (unsent > 0 || PQisBusy(handle_.get()) != 0) {
      if (auto ready = wait(PQsocket(handle_.get()), unsent > 0, until, wake()); !ready) {
        broken_ = true;
        return tl::unexpected(std::move(ready).error());
      }
      if (PQconsumeInput(handle_.get()) == 0) break;
      continue;
    }
    Answer next(PQgetResult(handle_.get()));
    if (!next) {
      if (PQstatus(handle_.get()) != CONNECTION_OK) break;
      if (!last) return fail(Errc::internal, "the database gave no answer");
      return last;
    }
    if (failed) continue;
    failed = PQresultStatus(next.get()) == PGRES_FATAL_ERROR;
    last = std::move(next);
  }
  broken_ = true;
  return postgres_error("", PQerrorMessage(handle_.get()), sql);
}

Result<PostgresConnection::Answer> PostgresConnection::answer(std::string_view sql) {
  auto result = TRY(collect(sql));
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (state && std::string_view(state) == kReadOnly) broken_ = true;
  return postgres_error(state ? state : "", PQresultErrorMessage(result.get()), sql);
}

Result<> PostgresConnection::drain() {
  if (broken()) return postgres_error("", "the connection is broken", "");
  if (!std::exchange(pending_, false)) return {};
  auto result = answer("");
  if (!result) broken_ = true;
  if (!result) return tl::unexpected(std::move(result).error());
  return {};
}

Result<std::string> PostgresConnection::run(const std::string& sql) {
  TRY(drain());
  if (PQsendQuery(handle_.get(), sql.c_str()) == 0) {
    broken_ = true;
    return postgres_error("", PQerrorMessage(handle_.get()), sql);
  }
  const auto result = TRY(answer(sql));
  return std::string(PQcmdStatus(result.get()));
}

void PostgresConnection::run_later(const std::string& sql) {
  pending_ = drain() && PQsendQuery(handle_.get(), sql.c_str()) != 0 && PQflush(handle_.get()) == 0;
  if (!pending_) broken_ = true;
}

/// The name of the statement: prepared on first use, per types, because NULL has none.
Result<std::string> PostgresConnection::prepared(std::string_view sql, std::span<const Value> parameters) {
  std::string key(sql);
  std::vector<Oid> types;
  for (const auto& value : parameters) {
    types.push_back(std::visit(TypeOf{}, value));
    key += static_cast<char>(types.back());
  }
  if (const auto known = statements_.find(key); known != statements_.end()) return known->second;
  if (statements_.size() >= kMostPrepared) {
    statements_.clear();
    TRY(run("DEALLOCATE ALL"));
  }
  auto name = "s" + std::to_string(++named_);
  const std::string text(sql);
  if (PQsendPrepare(handle_.get(), name.c_str(), text.c_str(), static_cast<int>(types.size()),
                    types.data()) == 0) {
    broken_ = true;
    return postgres_error("", PQerrorMessage(handle_.get()), sql);
  }
  TRY(answer(sql));
  statements_.emplace(std::move(key), name);
  return name;
}

Result<PostgresConnection::Answer> PostgresConnection::ask(std::string_view sql,
                                                           std::span<const Value> parameters) {
  TRY(drain());
  const auto name = TRY(prepared(sql, parameters));
  const Parameters bound(parameters);
  if (PQsendQueryPrepared(handle_.get(), name.c_str(), static_cast<int>(parameters.size()), bound.data(),
                          bound.lengths(), bound.formats(), 1) == 0) {
    broken_ = true;
    return postgres_error("", PQerrorMessage(handle_.get()), sql);
  }
  return answer(sql);
}

Result<> PostgresConnection::query(std::string_view sql, std::span<const Value> parameters,
                                   const EachRow& each) {
  const auto result = TRY(ask(sql, parameters));
  PostgresRow row(result.get());
  const int count = PQntuples(result.get());
  for (int i = 0; i < count; ++i) {
    row.move_to(i);
    TRY(each(row));
  }
  return {};
}

Result<std::int64_t> PostgresConnection::execute(std::string_view sql, std::span<const Value> parameters) {
  const auto result = TRY(ask(sql, parameters));
  const std::string_view count = PQcmdTuples(result.get());
  std::int64_t changed = 0;
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

Result<std::vector<std::string>> PostgresConnection::notifications(Deadline until) {
  std::vector<std::string> payloads;
  TRY(drain());
  for (;;) {
    while (PGnotify* n = PQnotifies(handle_.get())) {
      payloads.emplace_back(n->extra);
      PQfreemem(n);
    }
    if (!payloads.empty()) return payloads;
    auto ready = wait(PQsocket(handle_.get()), false, until, wake());
    if (!ready && ready.error().code() == Errc::deadline_exceeded) return payloads;
    TRY(std::move(ready));
    if (PQconsumeInput(handle_.get()) == 0) {
      broken_ = true;
      return postgres_error("", PQerrorMessage(handle_.get()), "");
    }
  }
}

}  // namespace granary::db
