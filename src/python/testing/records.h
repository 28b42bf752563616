#pragma once
/// File records of Python distributions for tests.

#include <string>

#include "base/hash.h"
#include "model/types.h"
#include "python/name.h"

namespace granary::python {

/// A wheel named {name}-{version}-py3-none-any.whl, uploaded 2026-01-02T03:04:05.678901Z; its digest is that
/// of its name.
inline model::FileRecord wheel_record(const std::string& name, const std::string& version) {
  model::FileRecord file;
  file.package = normalize_name(name);
  file.name = name;
  file.version = version;
  file.filename = name + "-" + version + "-py3-none-any.whl";
  file.kind = model::FileKind::wheel;
  file.blob = sha256(as_bytes(file.filename));
  file.size = 1234;
  file.md5 = md5_hex(as_bytes(file.filename));
  file.uploaded_at = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) + std::chrono::hours(3) +
                     std::chrono::minutes(4) + std::chrono::microseconds(5'678'901);
  file.metadata =
      "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\nRequires-Python: >=3.9\n";
  file.metadata_sha256 = sha256(as_bytes(file.metadata));
  file.requires_python = ">=3.9";
  file.added_in = {7};
  return file;
}

inline model::FileRecord sdist_record(const std::string& name, const std::string& version) {
  auto file = wheel_record(name, version);
  file.filename = name + "-" + version + ".tar.gz";
  file.kind = model::FileKind::sdist;
  file.blob = sha256(as_bytes(file.filename));
  file.metadata_sha256.reset();
  return file;
}

}  // namespace granary::python
