#include "build/remote_refs.h"

#include <gtest/gtest.h>

namespace granary::build {
namespace {

const std::string kOne(40, '1'), kTwo(40, '2');

TEST(RemoteRefs, ATagIsTheCommitThatItPointsAt) {
  const auto refs = parse_remote_refs(
      {kOne + "\trefs/tags/v1.0", kTwo + "\trefs/tags/v1.0^{}", kOne + "\trefs/tags/light"});
  EXPECT_EQ(refs.value(), (std::vector<RemoteRef>{{"refs/tags/v1.0", kTwo}, {"refs/tags/light", kOne}}));
}

TEST(RemoteRefs, WhatTheRemoteSideSaysBesideIsLeftOut) {
  const auto refs = parse_remote_refs({"remote: welcome", "warning: x\ty", "", kOne + "\tHEAD", kOne + "\t",
                                       kTwo.substr(1) + "\trefs/heads/short", kTwo + "\trefs/tags/other^{}"});
  EXPECT_EQ(refs.value(), (std::vector<RemoteRef>{{"HEAD", kOne}}));
}

TEST(RemoteRefs, EndlessListsAreRefused) {
  std::vector<std::string> lines(100'001, kOne + "\trefs/heads/x");
  EXPECT_EQ(parse_remote_refs(lines).error().code(), Errc::too_large);
}

}  // namespace
}  // namespace granary::build
