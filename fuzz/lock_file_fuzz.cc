/// Requirements files and lockfiles of strangers: what is taken from them is a requirement.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "python/lock_file.h"
#include "python/requirement.h"
#include "python/requirements_file.h"
#include "r/names.h"
#include "r/renv_lock.h"

using namespace granary;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto file = python::parse_requirements_file(text)) {
    for (const auto& one : file->requirements)
      if (!python::parse_requirement(one)) std::abort();
  }
  if (const auto lock = python::parse_lock_file(text)) {
    for (const auto& one : lock->requirements)
      if (one.size() < 2000 && !python::parse_requirement(one)) std::abort();
  }
  if (const auto lock = r::parse_renv_lock(text)) {
    for (const auto& one : lock->packages)
      if (!r::is_package_name(r::parse_pinned(one).name)) std::abort();
  }
  return 0;
}
