#include "python/requirements_file.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

using Strings = std::vector<std::string>;

TEST(RequirementsFile, IsReadAsPipReadsIt) {
  const auto read = parse_requirements_file(
      "\xef\xbb\xbf# by pip-compile\r\n"
      "--index-url https://pypi.example.org/simple\n"
      "--require-hashes\n"
      "\n"
      "requests[socks]>=2.31,<3 ; python_version >= '3.8'  # http\r\n"
      "six==1.16.0 \\\n"
      "    --hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926 \\\n"
      "    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"
      "    # via requests\n"
      "name#fragment @ https://example.org/a.zip\n"
      "numpy>=1.26, \\\n"
      "  <2 \\\n"
      "# not a part of it\n"
      "idna\n"
      "-r base.txt\n"
      "--requirement=more/dev.txt\n"
      "-c constraints.txt\n"
      "-e ./project\n"
      "./wheels/a-1.0-py3-none-any.whl\n"
      "git+https://example.org/a.git@main#egg=a\n"
      "certifi \\");
  ASSERT_FALSE(read) << "a name has no #";
  EXPECT_EQ(read.error().message().substr(0, 8), "line 10:") << read.error().message();

  const auto fine = parse_requirements_file(
      "\xef\xbb\xbf# by pip-compile\r\n"
      "--index-url https://pypi.example.org/simple\n"
      "requests[socks]>=2.31,<3 ; python_version >= '3.8'  # http\r\n"
      "six==1.16.0 \\\n"
      "    --hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926 \\\n"
      "    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"
      "numpy>=1.26, \\\n"
      "  <2 \\\n"
      "# not a part of it\n"
      "-r base.txt\n"
      "--requirement=more/dev.txt\n"
      "-rshort.txt\n"
      "-c constraints.txt\n"
      "-e ./project\n"
      "./wheels/a-1.0-py3-none-any.whl\n"
      "git+https://example.org/a.git@main#egg=a\n"
      "certifi \\");
  ASSERT_TRUE(fine) << fine.error().message();
  EXPECT_EQ(fine->requirements, (Strings{"requests[socks]>=2.31,<3 ; python_version >= '3.8'", "six==1.16.0",
                                         "numpy>=1.26,    <2", "certifi"}));
  EXPECT_EQ(fine->files, (Strings{"base.txt", "more/dev.txt", "short.txt"}));
  EXPECT_EQ(fine->constraints, Strings{"constraints.txt"});
  EXPECT_EQ(fine->skipped, (Strings{"./project", "./wheels/a-1.0-py3-none-any.whl",
                                    "git+https://example.org/a.git@main#egg=a"}));
}

TEST(RequirementsFile, NamesTheLineThatIsNone) {
  const auto read = parse_requirements_file("six\n\nfoo >= \nidna\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message().substr(0, 7), "line 3:") << read.error().message();
  EXPECT_TRUE(parse_requirements_file("")->requirements.empty());
}

}  // namespace
}  // namespace granary::python
