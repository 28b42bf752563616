#include <cstdlib>

#include "http/multipart.h"

using namespace granary;

/// Every file lies within the body, and no content holds the delimiter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemorySource body(std::string(reinterpret_cast<const char*>(data), size));
  const auto form = http::parse_multipart(body, "multipart/form-data; boundary=XyZ");
  const std::string_view text = as_text(*body.in_memory());
  http::multipart_boundary(text);
  if (!form) return 0;
  for (const auto& file : form->files) {
    if (file.offset > size || file.size > size - file.offset) std::abort();
    if (text.substr(file.offset, file.size).find("\r\n--XyZ") != std::string_view::npos) std::abort();
  }
  for (const auto& field : form->fields)
    if (field.value.find("\r\n--XyZ") != std::string::npos ||
        text.find(field.value) == std::string_view::npos)
      std::abort();
  return 0;
}
