#pragma once
/// Derived bytes as files of a folder, beside those of FileStore. Layout: blob/layout.h.

#include <string>

#include "blob/derived.h"

namespace granary::blob {

/// Safe for concurrent use, also between processes.
class FileDerived final : public Derived {
 public:
  explicit FileDerived(std::string directory) : directory_(std::move(directory)) {}

  Result<bool> has(const Context&, const Digest& name) override;
  Result<std::string> get(const Context&, const Digest& name, std::uint64_t limit) override;
  Result<> put(const Context&, const Digest& name, const std::string& bytes) override;
  Result<> remove(const Context&, const Digest& name) override;
  Result<> for_each(const Context&, const std::function<Result<>(const DerivedInfo&)>& each) override;

 private:
  std::string path_of(const Digest& name) const;

  const std::string directory_;
};

}  // namespace granary::blob
