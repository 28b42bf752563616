// Control files and DESCRIPTIONs: what was parsed is written and parsed again to the same; every value is
// UTF-8 where that is promised.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "r/dcf.h"
#include "r/description.h"
#include "r/packages_index.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto records = r::parse_dcf(text)) {
    std::string written;
    for (const auto& record : *records) {
      for (const auto& [name, value] : record.fields()) r::append_dcf_field(written, name, value);
      written += '\n';
    }
    const auto again = r::parse_dcf(written);
    if (!again || again->size() != records->size()) abort();
    for (std::size_t i = 0; i < records->size(); ++i) {
      if ((*again)[i].fields() != (*records)[i].fields()) abort();
    }
  }
  if (const auto description = r::parse_description(text)) {
    for (const auto& [name, value] : description->fields.fields()) {
      if (!is_valid_utf8(name) || !is_valid_utf8(value)) abort();
    }
    r::PackagesIndex index;
    index.add(*description, "0123", "x.tar.gz");
    const auto listed = r::parse_dcf(index.text());
    if (!listed || listed->size() != 1 || (*listed)[0].get("Package") != description->package()) abort();
    if (index.rds().empty()) abort();
  }
  return 0;
}
