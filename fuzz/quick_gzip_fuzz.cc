// Any bytes come back as they were, also when they are many and repeat themselves.
#include <cstdint>
#include <cstdlib>

#include "base/compress.h"
#include "base/quick_gzip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace granary;
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const std::size_t times : {1U, 300U}) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all.append(text).append(std::to_string(i * i % 977));
    const auto back = gunzip(quick_gzip(all), all.size());
    if (!back || *back != all) std::abort();
  }
  return 0;
}
