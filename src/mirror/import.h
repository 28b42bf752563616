#pragma once
/// Taking in what a bundle brings (docs/adr/0021-bundles.md).

#include <functional>
#include <string>
#include <vector>

#include "mirror/parts.h"

namespace granary::mirror {

/// A file of a bundle: its bytes are durable and found right. Held at once, before anything shows it: a kill
/// leaves files that nobody sees, and that the next import need not bring again. Errc::corrupt when another
/// file is held under that key; not_found, `stored_after`: as of mirror::hold().
Result<> hold_imported(const Parts&, const Context&, const model::Source&, const catalog::HeldFile&,
                       std::int64_t stored_after);

struct ImportedFile {
  std::string key, filename;
  Digest blob;
};
struct ImportedRecord {
  model::SourceId source;
  std::string tree, package;
  std::string bytes;  // as MirrorRecord::bytes
  std::vector<ImportedFile> files;
};
struct Imported {
  std::uint64_t records = 0, files = 0;
};
using EachImported = std::function<Result<>(const ImportedRecord&)>;

/// Merges the records that `read` gives, maybe more than once, into what is known, all in one transaction: a
/// second bundle adds to the first. Errors: not_found, naming the file, when one is not held; corrupt for a
/// record that is none; conflict for a source that is not offline.
Result<Imported> import_records(const Parts&, const Context&,
                                const std::function<Result<>(const EachImported&)>& read);

}  // namespace granary::mirror
