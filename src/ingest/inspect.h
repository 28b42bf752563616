#pragma once
/// What an uploaded file is, told by its content, and whether all that it says about itself agrees: R source
/// packages
/// ("Writing R Extensions" 1.1), wheels (PEP 427) and sdists (PEP 625, and the .zip ones of old).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/context.h"
#include "model/types.h"

namespace granary::ingest {

struct Inspected {
  model::FileKind kind = model::FileKind::r_source;
  std::string package;   // R: as is. Python: normalised
  std::string name;      // as its author spells it
  std::string version;   // R: as is. Python: normalised (PEP 440)
  std::string metadata;  // DESCRIPTION, METADATA or PKG-INFO, byte for byte
  std::string requires_python;
  std::vector<std::string> warnings;
};

model::Ecosystem ecosystem_of(model::FileKind kind) noexcept;

/// Bounded in time and memory whatever the bytes are. Errors: invalid_argument, too_large, corrupt; the
/// message says what is wrong and the hint what to do.
Result<Inspected> inspect(const Context&, std::string_view filename, const ByteSource& bytes);

/// What the client said about the file beside its bytes must agree with what is in it.
Result<> check_claims(const Inspected&, const std::optional<std::string>& name,
                      const std::optional<std::string>& version,
                      const std::optional<std::string>& requires_python);

}  // namespace granary::ingest
