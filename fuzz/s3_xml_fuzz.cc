// The answers of an object store: any bytes give a page or an error, never anything else; what is accepted is
// bounded.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "blob/s3/sts.h"
#include "blob/s3/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace granary;
  const std::string_view text = as_text({reinterpret_cast<const std::byte*>(data), size});
  std::size_t produced = 0;
  const auto read =
      blob::s3::read_xml(text, [&](std::string_view path, const std::string& value) -> Result<> {
        produced += value.size();
        if (path.empty()) std::abort();
        return {};
      });
  if (produced > size * 4) std::abort();  // the longest text per input byte is that of a character reference
  const auto page = blob::s3::parse_list(text);
  if (page && !read) std::abort();
  if (page && page->next && page->next->empty()) std::abort();
  if (!page && page.error().code() != Errc::corrupt) std::abort();
  if (const auto uploads = blob::s3::parse_uploads(text); uploads && !read) std::abort();
  const auto error = blob::s3::parse_error(text);
  if (!error.code.empty() && !read) std::abort();
  if (const auto one = blob::s3::parse_one(text, "InitiateMultipartUploadResult/UploadId");
      one && one->empty())
    std::abort();
  if (const auto role = blob::s3::parse_assumed_role(text, "AssumeRoleWithWebIdentity");
      role && (!read || role->secret_key.empty()))
    std::abort();
  (void)blob::s3::parse_iso8601(text);
  return 0;
}
