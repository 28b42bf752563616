#pragma once
/// A store whose n-th call fails: every point of a use case can be tried in turn (the crash ring).

#include <atomic>
#include <memory>

#include "blob/blob_store.h"

namespace granary::blob {

/// Counts the calls of the store and of its writers; call number `fail_at` (1, 2, ...) fails with
/// `unavailable` before it reaches the store, or after it when `after_effect` (the answer was lost). 0: none
/// fails. `inner` must outlive it.
class FailingStore final : public BlobStore {
 public:
  explicit FailingStore(BlobStore& inner, int fail_at = 0, bool after_effect = false)
      : inner_(inner), fail_at_(fail_at), after_effect_(after_effect) {}

  int calls() const noexcept { return calls_; }
  void fail_at(int call) noexcept {
    calls_ = 0;
    fail_at_ = call;
  }

  Result<std::optional<BlobInfo>> find(const Context& ctx, const Digest& digest) override {
    return pass([&] { return inner_.find(ctx, digest); });
  }
  Result<std::unique_ptr<ByteReader>> open(const Context& ctx, const Digest& digest) override {
    return pass([&] { return inner_.open(ctx, digest); });
  }
  Result<Servable> serve(const Context& ctx, const Digest& digest, std::uint64_t size) override {
    return pass([&] { return inner_.serve(ctx, digest, size); });
  }
  Result<std::optional<DirectUrl>> presign(const Context& ctx, const Digest& digest,
                                           const Presentation& as) override {
    return pass([&] { return inner_.presign(ctx, digest, as); });
  }
  Result<std::unique_ptr<Writer>> create(const Context& ctx) override {
    return pass([&]() -> Result<std::unique_ptr<Writer>> {
      return std::make_unique<FailingWriter>(*this, TRY(inner_.create(ctx)));
    });
  }
  Result<> remove(const Context& ctx, const Digest& digest) override {
    return pass([&] { return inner_.remove(ctx, digest); });
  }
  Result<> for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) override {
    return pass([&] { return inner_.for_each(ctx, each); });
  }
  Result<> remove_leftovers(const Context& ctx) override {
    return pass([&] { return inner_.remove_leftovers(ctx); });
  }
  Result<> probe(const Context& ctx) override {
    return pass([&] { return inner_.probe(ctx); });
  }

 private:
  class FailingWriter final : public Writer {
   public:
    FailingWriter(FailingStore& store, std::unique_ptr<Writer> inner)
        : store_(store), inner_(std::move(inner)) {}
    Result<> write(ByteSpan data) override {
      return store_.pass([&] { return inner_->write(data); });
    }
    Result<BlobInfo> commit(std::optional<Digest> expected) override {
      return store_.pass([&] { return inner_->commit(expected); });
    }

   private:
    FailingStore& store_;
    std::unique_ptr<Writer> inner_;
  };

  template <class F>
  auto pass(F&& call) -> decltype(call()) {
    const bool fails = ++calls_ == fail_at_;
    if (fails && !after_effect_) return fail(Errc::unavailable, "the blob store was told to fail");
    auto result = call();
    if (fails) return fail(Errc::unavailable, "the blob store was told to fail after its work");
    return result;
  }

  BlobStore& inner_;
  std::atomic<int> calls_{0};
  std::atomic<int> fail_at_;
  const bool after_effect_;
};

}  // namespace granary::blob
