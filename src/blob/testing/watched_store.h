#pragma once
/// A store that calls out at the moments that matter between an upload and the collector, so that a test does
/// there what another node could.

#include <functional>
#include <memory>
#include <utility>

#include "blob/blob_store.h"

namespace granary::blob {

/// `inner` must outlive it. Each hook is called once, at the first such moment.
class WatchedStore final : public BlobStore {
 public:
  explicit WatchedStore(BlobStore& inner) : inner_(inner) {}

  std::function<void()> stored;    // a writer's commit has succeeded
  std::function<void()> removing;  // just before bytes are removed
  std::function<void()> found;     // after find()

  Result<std::optional<BlobInfo>> find(const Context& ctx, const Digest& digest) override {
    auto result = inner_.find(ctx, digest);
    call(found);
    return result;
  }
  Result<std::unique_ptr<ByteReader>> open(const Context& ctx, const Digest& digest) override {
    return inner_.open(ctx, digest);
  }
  Result<Servable> serve(const Context& ctx, const Digest& digest, std::uint64_t size) override {
    return inner_.serve(ctx, digest, size);
  }
  Result<std::optional<DirectUrl>> presign(const Context& ctx, const Digest& digest,
                                           const Presentation& as) override {
    return inner_.presign(ctx, digest, as);
  }
  Result<std::unique_ptr<Writer>> create(const Context& ctx) override {
    return std::make_unique<WatchedWriter>(*this, TRY(inner_.create(ctx)));
  }
  Result<> remove(const Context& ctx, const Digest& digest) override {
    call(removing);
    return inner_.remove(ctx, digest);
  }
  Result<> for_each(const Context& ctx, const std::function<Result<>(const BlobInfo&)>& each) override {
    return inner_.for_each(ctx, each);
  }
  Result<> remove_leftovers(const Context& ctx) override { return inner_.remove_leftovers(ctx); }
  Result<> probe(const Context& ctx) override { return inner_.probe(ctx); }

 private:
  class WatchedWriter final : public Writer {
   public:
    WatchedWriter(WatchedStore& store, std::unique_ptr<Writer> inner)
        : store_(store), inner_(std::move(inner)) {}
    Result<> write(ByteSpan data) override { return inner_->write(data); }
    Result<BlobInfo> commit(std::optional<Digest> expected) override {
      auto info = TRY(inner_->commit(expected));
      call(store_.stored);
      return info;
    }

   private:
    WatchedStore& store_;
    std::unique_ptr<Writer> inner_;
  };

  static void call(std::function<void()>& hook) {
    if (const auto once = std::exchange(hook, nullptr)) once();
  }

  BlobStore& inner_;
};

}  // namespace granary::blob
