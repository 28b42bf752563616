// RDS of anybody: never a crash, bounded memory, and the same value each time; every string is UTF-8.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "r/rds_reader.h"

using namespace granary;

namespace {

void check(const r::RValue& value) {
  if (const auto* strings = value.strings()) {
    for (const auto& text : *strings) {
      if (text && !is_valid_utf8(*text)) abort();
    }
  }
  if (const auto* list = value.list()) {
    for (const auto& element : *list) check(element);
  }
  for (const auto& [name, held] : value.attributes) check(held);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  r::RdsLimits limits;
  limits.bytes = 1 << 20;
  limits.values = 1 << 20;
  if (const auto value = r::read_rds(bytes, limits)) check(*value);
  return 0;
}
