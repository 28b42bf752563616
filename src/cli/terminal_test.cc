#include <gtest/gtest.h>

#include <sstream>

#include "cli/endpoint.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/upload_list.h"

namespace granary::cli {
namespace {

TEST(Table, ColumnsFitAndControlCharactersAreBlank) {
  EXPECT_EQ(table({"A", "B"}, {{"long", "x"}, {"ü", ""}, {"\x1b[31m", "y"}}),
            "A      B\nlong   x\nü\n [31m  y\n");
}

TEST(Progress, DrawsOnATerminalOnlyAndTakesItselfAway) {
  std::ostringstream terminal, pipe;
  {
    Progress on(terminal, true, 100), off(pipe, false, 100);
    on.show(50, "a.whl");
    off.show(50, "a.whl");
  }
  EXPECT_NE(terminal.str().find(" 50%  50 B of 100 B  a.whl"), std::string::npos);
  EXPECT_TRUE(terminal.str().ends_with("\r\x1b[K"));
  EXPECT_TRUE(pipe.str().empty());
}

TEST(Progress, ALineIsNeverWiderThanTheTerminal) {
  EXPECT_LE(progress_line(1, 3, std::string(500, 'x'), 79).size(), 79U);
  EXPECT_NE(progress_line(0, 0, "empty", 79).find("100%"), std::string::npos);
}

TEST(Endpoint, PartsAndValuesAreEncoded) {
  EXPECT_EQ(endpoint({"sources", "a b/c", "packages"}), "/sources/a%20b%2Fc/packages");
  EXPECT_EQ(Query().add("a", "x&y").add("b", "").add("c", "1").text(), "?a=x%26y&c=1");
  EXPECT_EQ(comma_list(" a, ,b,"), (std::vector<std::string>{"a", "b"}));
}

TEST(UploadList, CommentsAndBlankLinesNameNothing) {
  EXPECT_EQ(paths_in("# x\n\n a.whl \r\nb c.tar.gz"), (std::vector<std::string>{"a.whl", "b c.tar.gz"}));
  EXPECT_FALSE(files_to_upload({"/nowhere/at/all"}));
}

}  // namespace
}  // namespace granary::cli
