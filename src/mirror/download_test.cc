#include "mirror/download.h"

#include <gtest/gtest.h>

namespace granary::mirror {
namespace {

TEST(Download, AnArchiveBeginsAsItsNameSays) {
  EXPECT_TRUE(fits_name("a_1.tar.gz", "\x1f\x8b\x08\x00"));
  EXPECT_TRUE(fits_name("a_1.tgz", "\x1f"));
  EXPECT_TRUE(fits_name("a-1-py3-none-any.whl", "PK\x03\x04"));
  EXPECT_TRUE(fits_name("a_1.tar.gz.asc", "-----BEGIN PGP SIGNATURE"));
  EXPECT_FALSE(fits_name("a_1.tar.gz", "<html>"));
  EXPECT_FALSE(fits_name("a_1.zip", "<!DOCTYPE html>"));
  EXPECT_FALSE(fits_name("a_1.pdf", "\n<!doctype HTML>"));
}

}  // namespace
}  // namespace granary::mirror
