#pragma once
/// The contract of Derived as tests: INSTANTIATE_TEST_SUITE_P(File, DerivedSuite, derived_by(&make));

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string_view>

#include "base/hash.h"
#include "base/testing/test_context.h"
#include "blob/derived.h"

namespace granary::blob {

/// Fresh and empty; what it needs lives as long as the pointer. Null: the reason was said, the test is over.
using MakeDerived = std::function<std::shared_ptr<Derived>()>;

/// For INSTANTIATE_TEST_SUITE_P. Defined beside the tests, so that the linker takes them along.
testing::internal::ParamGenerator<MakeDerived> derived_by(MakeDerived make);

class DerivedSuite : public testing::TestWithParam<MakeDerived> {
 protected:
  void SetUp() override;
  static Digest name(std::string_view text) { return sha256(as_bytes(text)); }
  std::set<Digest> all();
  const Context ctx = test_context();
  std::shared_ptr<Derived> derived;
};

}  // namespace granary::blob
