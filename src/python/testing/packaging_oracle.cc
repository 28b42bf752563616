#include "python/testing/packaging_oracle.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/file.h"
#include "base/json.h"
#include "base/testing/missing.h"
#include "base/text.h"

namespace granary::python {
namespace {

constexpr std::string_view kImports = R"(
try:
    from packaging.version import Version, InvalidVersion
    from packaging.specifiers import SpecifierSet, InvalidSpecifier
except ImportError:
    from pip._vendor.packaging.version import Version, InvalidVersion
    from pip._vendor.packaging.specifiers import SpecifierSet, InvalidSpecifier
)";

}  // namespace

std::vector<std::string> ask_packaging(std::string_view script, const std::vector<std::string>& texts) {
  JsonWriter json;
  json.begin_array();
  for (const auto& text : texts) json.value(text);
  json.end_array();
  const std::string base = testing::TempDir() + "packaging_oracle_" + std::to_string(std::rand());
  const std::string program = base + ".py";
  const std::string input = base + ".json";
  EXPECT_TRUE(write_file_durably(program, std::string(kImports) + std::string(script)));
  EXPECT_TRUE(write_file_durably(input, json.text()));

  std::string output;
  FILE* pipe = popen(("python3 " + program + " < " + input + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (pipe != nullptr) {
    const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe);
    if (count == 0) break;
    output.append(buffer, count);
  }
  const int status = pipe == nullptr ? -1 : pclose(pipe);
  std::remove(program.c_str());
  std::remove(input.c_str());
  if (status != 0) {
    missing("python3 with `packaging` is needed as the judge; it said: " + output);
    return {};
  }
  std::vector<std::string> lines;
  for (const auto line : split(output, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace granary::python
