#include "r/dcf.h"

#include <gtest/gtest.h>

#include "r/testing/rscript.h"

namespace granary::r {
namespace {

std::string shown(std::string_view text) {
  const auto records = parse_dcf(text);
  if (!records) return "error: " + records.error().message();
  std::string out;
  for (const auto& record : *records) {
    for (const auto& [name, value] : record.fields()) out += "[" + name + "=" + value + "]";
    out += ";";
  }
  return out;
}

TEST(Dcf, JoinsContinuationLines) {
  EXPECT_EQ(shown("A: 1\n  two\n .\n  .dot\n\tthree \nB:\n x\n"), "[A=1\ntwo\n\n.dot\nthree][B=\nx];");
}

TEST(Dcf, SeparatesRecordsByBlankLines) {
  EXPECT_EQ(shown("\n\n  \nA: 1\nB:2\r\n\r\nA: 4"), "[A=1][B=2];[A=4];");
}

TEST(Dcf, KeepsTheLastOfARepeatedField) { EXPECT_EQ(shown("A: 1\nA: 2\n"), "[A=2];"); }

TEST(Dcf, OfNothingHasNoRecords) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown(" \n\n"), "");
}

TEST(Dcf, NamesTheLineThatIsWrong) {
  EXPECT_EQ(shown("A: 1\njunk\n"), "error: line 2 of the control file is not 'Field: value'");
  EXPECT_EQ(shown("\n cont\nA: 1"), "error: line 2 of the control file continues nothing");
  EXPECT_EQ(shown(":x\n"), "error: line 1 of the control file is not 'Field: value'");
  EXPECT_EQ(shown(std::string_view("A: \0", 4)), "error: the control file has a NUL byte");
}

TEST(Dcf, HasLimits) {
  DcfLimits limits;
  limits.fields_per_record = 2;
  limits.records = 2;
  EXPECT_TRUE(parse_dcf("A: 1\nB: 1\n\nA: 1\n", limits));
  EXPECT_EQ(parse_dcf("A: 1\nB: 1\nC: 1\n", limits).error().code(), Errc::too_large);
  EXPECT_EQ(parse_dcf("A: 1\n\nA: 1\n\nA: 1\n", limits).error().code(), Errc::too_large);
  limits.bytes = 3;
  EXPECT_EQ(parse_dcf("A: 1\n", limits).error().code(), Errc::too_large);
}

TEST(Dcf, WrittenIsReadBack) {
  std::string text;
  append_dcf_field(text, "Title", "One line");
  append_dcf_field(text, "Description", "first\n\n.dot\nlast");
  append_dcf_field(text, "Empty", "");
  EXPECT_EQ(shown(text), "[Title=One line][Description=first\n\n.dot\nlast][Empty=];");
}

TEST(Dcf, WrittenIsReadTheSameByR) {
  std::string text;
  append_dcf_field(text, "Title", "One line: caf\xc3\xa9");
  append_dcf_field(text, "Description", "first\n\n.dot\nlast");
  const ScratchFolder folder;

  const auto seen =
      run_rscript("x <- read.dcf(commandArgs(TRUE)[1]); cat(x[, 'Title'], '|', x[, 'Description'], sep = '')",
                  {folder.write("x.dcf", text)});

  if (seen) {
    EXPECT_EQ(*seen, "One line: caf\xc3\xa9|first\n\n.dot\nlast");
  }
}

TEST(SingleLine, CollapsesWhiteSpace) {
  EXPECT_EQ(single_line(" a\n  b\t\tc \n"), "a b c");
  EXPECT_EQ(single_line("\n "), "");
}

}  // namespace
}  // namespace granary::r
