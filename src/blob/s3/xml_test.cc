#include "blob/s3/xml.h"

#include <gtest/gtest.h>

#include "base/time_text.h"

namespace granary::blob::s3 {
namespace {

std::string list_of(std::string_view inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
         std::string(inside) + "</ListBucketResult>";
}
const std::string kOne =
    "<Contents><Key>a&amp;b</Key><LastModified>2009-10-12T17:50:30.125Z</LastModified><ETag>\"e\"</ETag>"
    "<Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>";

TEST(S3Xml, ReadsAPageOfObjects) {
  const auto page = parse_list(list_of("<Name>bucket</Name><IsTruncated>true</IsTruncated>" + kOne + kOne +
                                       "<NextContinuationToken>1ueG/cU=</NextContinuationToken>"))
                        .value();
  ASSERT_EQ(page.objects.size(), 2u);
  EXPECT_EQ(page.objects[1].key, "a&b");
  EXPECT_EQ(page.objects[1].size, 434234u);
  EXPECT_EQ(rfc3339(page.objects[1].modified), "2009-10-12T17:50:30.125000Z");
  EXPECT_EQ(page.next, "1ueG/cU=");
}

TEST(S3Xml, TheLastPageHasNoNext) {
  EXPECT_EQ(parse_list(list_of("<IsTruncated>false</IsTruncated>")).value().next, std::nullopt);
  EXPECT_EQ(parse_list("<ListBucketResult/>").value().objects.size(), 0u);
}

TEST(S3Xml, UrlEncodedKeysAreDecoded) {
  const std::string object =
      "<Contents><Key>a%2Fb+c</Key><LastModified>2009-10-12T17:50:30Z</LastModified><Size>1</Size></"
      "Contents>";
  EXPECT_EQ(parse_list(list_of(object)).value().objects[0].key, "a%2Fb+c");
  EXPECT_EQ(parse_list(list_of("<EncodingType>url</EncodingType>" + object)).value().objects[0].key, "a/b c");
}

TEST(S3Xml, WhatIsNotAListIsCorrupt) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  for (const auto& text : std::initializer_list<std::string>{
           "",
           "hello",
           "<html><body>gateway</body></html>",
           "<ListBucketResult>",
           "<ListBucketResult></Other>",
           "</ListBucketResult>",
           "<ListBucketResult/><ListBucketResult/>",
           "<ListBucketResult/>x",
           "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
           "<ListBucketResult>&a;</ListBucketResult>",
           "<ListBucketResult>&#0;</ListBucketResult>",
           "<ListBucketResult>&amp</ListBucketResult>",
           "<>",
           "< a/>",
           "<a b=\"",
           list_of("<Contents><Key>a</Key></Contents>"),
           list_of("<Contents><Key>a</Key><LastModified>yesterday</LastModified><Size>1</Size></Contents>"),
           list_of("<Contents><Key>a</Key><LastModified>2009-10-12T17:50:30Z</LastModified><Size>-1</Size></"
                   "Contents>"),
           list_of("<IsTruncated>true</IsTruncated>"),
           deep,
           list_of(deep),
           list_of("<a>" + std::string(100'000, 'x') + "</a>")}) {
    const auto page = parse_list(text);
    ASSERT_FALSE(page) << text.substr(0, 200);
    EXPECT_EQ(page.error().code(), Errc::corrupt);
  }
}

TEST(S3Xml, ReadsRefusals) {
  const auto error = parse_error("<Error><Code>NoSuchKey</Code><Message>it&#39;s gone</Message></Error>");
  EXPECT_EQ(error.code, "NoSuchKey");
  EXPECT_EQ(error.message, "it's gone");
  EXPECT_EQ(parse_error("<html>502</html>").code, "");
  EXPECT_EQ(parse_error("").code, "");
}

TEST(S3Xml, ReadsOneElement) {
  const std::string text =
      "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
  EXPECT_EQ(parse_one(text, "InitiateMultipartUploadResult/UploadId").value(), "u1");
  EXPECT_FALSE(parse_one(text, "InitiateMultipartUploadResult/Key"));
}

TEST(S3Xml, TimesAreStrict) {
  EXPECT_EQ(rfc3339(parse_iso8601("2024-02-29T23:59:59.1234567Z").value()), "2024-02-29T23:59:59.123456Z");
  for (const char* bad : {"", "2024-02-30T00:00:00Z", "2024-02-29 23:59:59Z", "2024-02-29T24:00:00Z",
                          "2024-02-29T23:59:59", "2024-02-29T23:59:59.Z", "2024-02-29T23:59:59.xZ"})
    EXPECT_FALSE(parse_iso8601(bad)) << bad;
}

}  // namespace
}  // namespace granary::blob::s3
