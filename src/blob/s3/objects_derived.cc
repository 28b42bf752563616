#include "blob/s3/objects_derived.h"

namespace granary::blob::s3 {

Result<bool> ObjectsDerived::has(const Context& ctx, const Digest& name) {
  return TRY(objects_->find(ctx, name)).has_value();
}

Result<std::string> ObjectsDerived::get(const Context& ctx, const Digest& name, std::uint64_t limit) {
  std::string out;
  TRY(objects_->get(
      ctx, name, {},
      [&](std::uint64_t whole) -> Result<> {
        if (whole > limit) return too_much(name);
        out.reserve(whole);
        return {};
      },
      [&](ByteSpan bytes) -> Result<> {
        if (out.size() + bytes.size() > limit) return too_much(name);
        out += as_text(bytes);
        return {};
      }));
  return out;
}

Result<> ObjectsDerived::put(const Context& ctx, const Digest& name, const std::string& bytes) {
  return objects_->put(ctx, name, MemorySource(bytes));
}

Result<> ObjectsDerived::for_each(const Context& ctx,
                                  const std::function<Result<>(const DerivedInfo&)>& each) {
  return objects_->for_each(ctx,
                            [&](const BlobInfo& one) { return each({one.digest, one.size, one.stored_at}); });
}

}  // namespace granary::blob::s3
