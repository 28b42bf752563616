#include "http/multipart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace granary::http {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=XyZ";

std::string field(std::string_view name, std::string_view value) {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}
std::string file(std::string_view filename, std::string_view bytes) {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"content\"; filename=\"" + std::string(filename) +
         "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + std::string(bytes) + "\r\n";
}
const std::string kEnd = "--XyZ--\r\n";

Result<Form> parse(const std::string& body, const MultipartLimits& limits = {}) {
  return parse_multipart(MemorySource(body), kType, limits);
}

/// Bytes made as they are read, as from a spooled file; never gives more than 10,000 at once.
class LargeSource final : public ByteSource {
 public:
  LargeSource(std::string head, std::uint64_t zeros, std::string tail)
      : head_(std::move(head)), zeros_(zeros), tail_(std::move(tail)) {}
  std::uint64_t size() const noexcept override { return head_.size() + zeros_ + tail_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    std::size_t count = 0;
    for (; count < out.size() && count < 10'000 && offset + count < size(); ++count)
      out[count] = at(offset + count);
    read_ += count;
    return count;
  }
  std::uint64_t read() const { return read_; }

 private:
  std::byte at(std::uint64_t offset) const {
    if (offset < head_.size()) return static_cast<std::byte>(head_[offset]);
    offset -= head_.size();
    return offset < zeros_ ? std::byte{'\r'} : static_cast<std::byte>(tail_[offset - zeros_]);
  }
  std::string head_;
  std::uint64_t zeros_;
  std::string tail_;
  mutable std::atomic<std::uint64_t> read_{0};
};

TEST(Multipart, GivesFieldsInOrderAndLocatesTheFile) {
  const std::string bytes("PK\r\n--Xy\0\r\n--", 14);
  const std::string body = field(":action", "file_upload") + field("classifiers", "A :: B") +
                           file("foo-1.0.whl", bytes) + field("classifiers", "C") + field("empty", "") + kEnd;
  const auto form = parse(body);
  ASSERT_TRUE(form) << form.error().message();
  EXPECT_EQ(form->field(":action"), "file_upload");
  EXPECT_EQ(form->field("empty"), "");
  EXPECT_FALSE(form->field("absent"));
  EXPECT_EQ(form->all("classifiers"), (std::vector<std::string_view>{"A :: B", "C"}));
  const auto* found = form->file("content");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->filename, "foo-1.0.whl");
  EXPECT_EQ(body.substr(found->offset, found->size), bytes);
}

TEST(Multipart, DoesNotDependOnHowTheBodyIsRead) {
  const std::string head = field("name", "foo") +
                           "--XyZ\r\nContent-Disposition: form-data; name=\"content\"; "
                           "filename=\"foo.whl\"\r\n\r\n";
  const std::string tail = "\r\n" + field("version", "1.0") + kEnd;
  for (const std::uint64_t size : {0U, 1U, 9'990U, 261'000U, 262'143U, 262'144U, 262'145U, 1'000'003U}) {
    const LargeSource source(head, size, tail);
    const auto form = parse_multipart(source, kType);
    ASSERT_TRUE(form) << size << form.error().message();
    EXPECT_EQ(form->field("version"), "1.0") << size;
    EXPECT_EQ(form->file("content")->offset, head.size()) << size;
    EXPECT_EQ(form->file("content")->size, size);
    EXPECT_LT(source.read(), source.size() * 5 / 4 + 70'000) << "read more than about once";
  }
}

TEST(Multipart, ThatIsMalformedIsRefused) {
  const std::string good = field("a", "1");
  for (const std::string& body : std::vector<std::string>{
           "",
           "--XyZ",
           "--XyZ\r\n",
           good,
           good + "--XyZ",
           good + "--XyZ-",
           good + "--XyZ--\r\nmore",
           "preamble\r\n" + good + kEnd,
           "\r\n" + good + kEnd,
           "--XyZ \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" + kEnd,
           "--XyZ\nContent-Disposition: form-data; name=\"a\"\n\n1\n--XyZ--\n",
           "--XyZ\r\nContent-Type: text/plain\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\n1\r\n" + kEnd,
           "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; "
           "name=\"b\"\r\n\r\n1\r\n" +
               kEnd,
           "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: "
           "base64\r\n\r\n1\r\n" +
               kEnd,
           "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--XyZ--\r\n",
           "--XyZ\r\nno header\r\n\r\n1\r\n" + kEnd,
           field("a\x01", "1") + kEnd,
           field("a", "1\r\n--XyZx") + kEnd}) {
    const auto form = parse(body);
    ASSERT_FALSE(form) << body;
    EXPECT_EQ(form.error().code(), Errc::invalid_argument) << body;
    EXPECT_FALSE(form.error().hint().empty());
  }
}

TEST(Multipart, CutAnywhereIsRefused) {
  const std::string body = field("a", "1") + file("f.whl", "bytes") + "--XyZ--";
  ASSERT_TRUE(parse(body));
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(parse(body.substr(0, size))) << size;
}

TEST(Multipart, KeepsItsLimits) {
  MultipartLimits limits;
  limits.parts = 3;
  limits.field_bytes = 100;
  limits.all_fields_bytes = 250;
  limits.header_bytes = 200;
  const auto code = [&](const std::string& body) {
    const auto form = parse(body, limits);
    return form ? std::string("good") : std::string(name_of(form.error().code()));
  };
  const auto one = field("a", "1");
  EXPECT_EQ(code(one + one + one + kEnd), "good");
  EXPECT_EQ(code(one + one + one + one + kEnd), name_of(Errc::too_large));
  EXPECT_EQ(code(field("a", std::string(100, 'x')) + kEnd), "good");
  EXPECT_EQ(code(field("a", std::string(101, 'x')) + kEnd), name_of(Errc::too_large));
  EXPECT_EQ(code(file("f", std::string(1000, 'x')) + kEnd), "good");
  const auto hundred = field("a", std::string(100, 'x'));
  EXPECT_EQ(code(hundred + hundred + hundred + kEnd), name_of(Errc::too_large));
  EXPECT_EQ(code(field(std::string(300, 'n'), "1") + kEnd), name_of(Errc::too_large));
}

TEST(Multipart, ReadsQuotedEncodedAndUnquotedNames) {
  const auto form = parse(
      "--XyZ\r\ncontent-disposition: form-data; name=content; filename=\"a \\\"b\\\" c:\\d\"\r\n\r\n1\r\n"
      "--XyZ\r\nContent-Disposition: form-data; name=\"two\"; "
      "filename*=utf-8''caf%C3%A9.whl\r\n\r\n1\r\n--XyZ--");
  ASSERT_TRUE(form) << form.error().message();
  EXPECT_EQ(form->file("content")->filename, "a \"b\" c:\\d");
  EXPECT_EQ(form->file("two")->filename, "caf\xC3\xA9.whl");
}

TEST(Multipart, TakesItsBoundaryFromTheContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
  for (const std::string& type : std::vector<std::string>{
           "", "multipart/form-data",
           "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a \"",
           "multipart/mixed; boundary=abc", "multipart/form-data; boundary=a\x01",
           "multipart/form-data; boundary=\"abc", "multipart/form-data; boundary=" + std::string(71, 'a'),
           "multipart/form-data; boundary=a; boundary=b"})
    EXPECT_FALSE(multipart_boundary(type)) << type;
}

}  // namespace
}  // namespace granary::http
