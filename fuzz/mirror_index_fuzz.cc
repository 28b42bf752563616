// Indexes of upstreams, and the records that are made of them: never a crash, and what was read is written
// and read again to the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "r/bioc_config.h"
#include "r/cran_files.h"
#include "r/history.h"
#include "r/titles.h"
#include "r/version.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  r::Skipped skipped;
  if (const auto rows = r::parse_packages(text, ".tar.gz", skipped)) {
    for (const auto& row : *rows) {
      if (!is_valid_utf8(row.version.stanza)) abort();
      r::UpstreamPackage upstream;
      upstream.package = row.package;
      upstream.listed.push_back({row.version});
      const auto merged = r::merge(nullptr, upstream, Time{}, true);
      if (*r::decode_history(r::encode(merged.history)) != merged.history) abort();
    }
  }
  (void)r::parse_current_rds(text, skipped);
  (void)r::parse_archive_rds(text, skipped);
  (void)r::parse_packages_in(text);
  for (const auto read : {&r::titles_in_packages_rds, &r::titles_in_views})
    if (const auto titles = read(text); titles && !is_valid_utf8(*titles)) abort();
  if (const auto history = r::decode_history(text)) {
    r::HistoryView view;
    if (!r::decode_history(text, view) || view.versions.size() != history->versions.size()) abort();
    std::vector<std::size_t> current;
    r::current_on(*history, std::nullopt, current);
  }
  if (const auto config = r::parse_bioc_config(text)) {
    if (!r::Version::parse(config->release) || config->releases.empty()) abort();
    for (std::size_t i = 1; i < config->releases.size(); ++i)
      if (r::compare_versions(config->releases[i - 1].version, config->releases[i].version) > 0) abort();
  }
  return 0;
}
