#pragma once
/// Moving all that a server keeps to another place: what backup, restore and migrate have in common.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace granary::cli {

struct Transfer {
  enum class Stage : std::uint8_t { database, packages, verification };
  /// In rows, in bytes and in bytes.
  using Progress = std::function<void(Stage stage, std::uint64_t done, std::uint64_t total)>;

  config::Settings from, to;  // which database, which store; secrets are decrypted
  bool database = true, packages = true;
  /// The source is in use: rows first, so that the bytes of each are still there, unless they are collected
  /// in the meantime, which verification finds. Else bytes first: no row without its bytes, whenever it is
  /// killed.
  bool source_is_live = false;
};

struct Transferred {
  struct Table {
    std::string name;
    std::uint64_t rows = 0;
    std::string sum;  // db/copy.h
  };
  std::vector<Table> tables;
  std::uint64_t rows = 0, blobs = 0, bytes = 0;
  std::vector<std::string> problems;  // of verification: "missing foo-1.0.tar.gz of source 'team'"
};

}  // namespace granary::cli
