#pragma once
/// Errors and results: how every fallible function of Granary answers. See docs/adr/0001-errors.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>
#include <vector>

namespace granary {

/// What a caller can *do* about a failure; never which library failed. Mapped to HTTP once, in http/status.h.
enum class Errc : std::uint8_t {
  invalid_argument,   // the request is wrong: do not retry
  unauthenticated,    // say who you are
  permission_denied,  // we know who you are, and no
  not_found,
  conflict,     // exists already with other content, or a concurrent change won
  unsupported,  // this backend cannot do it
  too_large,
  unavailable,  // upstream, database or store is down: retry later
  deadline_exceeded,
  cancelled,
  corrupt,   // bytes do not match their digest, or do not parse
  internal,  // a bug, or an exception that nobody expected
};

class Error {
 public:
  Error(Errc code, std::string message, std::string hint, const char* file, int line)
      : code_(code), message_(std::move(message)), hint_(std::move(hint)), file_(file), line_(line) {}

  Errc code() const noexcept { return code_; }
  /// Fit for a client: what went wrong, in one line, lower case, no full stop.
  const std::string& message() const noexcept { return message_; }
  /// Fit for a client: what to do next. May be empty.
  const std::string& hint() const noexcept { return hint_; }
  /// For operators only: goes to the log, never to a client.
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  const char* file() const noexcept { return file_; }
  int line() const noexcept { return line_; }
  /// Of `unavailable`: likely to be over within seconds, as the failover of a database is. Who may repeat
  /// what failed waits and does, rather than to bother a client who asks once.
  bool brief() const noexcept { return brief_; }

  /// Of `unavailable`: only that too many wait for other services just now; brief() too.
  bool crowded() const noexcept { return crowded_; }

  Error&& as_crowded() && {
    brief_ = crowded_ = true;
    return std::move(*this);
  }
  Error&& as_brief(bool brief = true) && {
    brief_ = brief;
    return std::move(*this);
  }
  Error&& note(std::string text) && {
    notes_.push_back(std::move(text));
    return std::move(*this);
  }

 private:
  Errc code_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> notes_;
  const char* file_;
  int line_;
  bool brief_ = false, crowded_ = false;
};

/// A tl::expected that may not be dropped: tl's own type is not [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result() = default;
  Result(Base base) : Base(std::move(base)) {}
};

/// `return fail(Errc::not_found, "no source named 'x'", "list them with: granary list sources");`
[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string message, std::string hint = {},
                                                const char* file = __builtin_FILE(),
                                                int line = __builtin_LINE()) {
  return tl::unexpected<Error>(Error(code, std::move(message), std::move(hint), file, line));
}

/// Passes an error on with operator context added.
template <class T>
[[nodiscard]] tl::unexpected<Error> with_note(Result<T>&& failed, std::string note) {
  return tl::unexpected<Error>(std::move(failed.error()).note(std::move(note)));
}

std::string_view name_of(Errc code) noexcept;

}  // namespace granary

namespace granary::detail {
template <class T>
T take(Result<T>&& r) {
  if constexpr (!std::is_void_v<T>) return *std::move(r);
}
}  // namespace granary::detail

/// `auto v = TRY(expr);` yields the value, or returns the error to the caller. Not inside coroutines.
#define TRY(expr) GRANARY_TRY_AS_(expr, __COUNTER__)
#define GRANARY_TRY_AS_(expr, n) GRANARY_TRY_(expr, n)
#define GRANARY_TRY_(expr, n)                                          \
  __extension__({                                                      \
    auto try_##n = (expr);                                             \
    if (!try_##n) return ::tl::unexpected(std::move(try_##n).error()); \
    ::granary::detail::take(std::move(try_##n));                       \
  })

/// A broken invariant: on in release too, never reachable by input.
#define GRANARY_ASSERT(condition) \
  ((condition) ? void() : ::granary::assertion_failed(#condition, __FILE__, __LINE__))

namespace granary {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}
