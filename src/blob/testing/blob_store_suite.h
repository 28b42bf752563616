#pragma once
/// The contract of BlobStore as tests. A store's own test file says:
///   INSTANTIATE_TEST_SUITE_P(File, BlobStoreSuite, made_by(&make_file_store));

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>

#include "blob/testing/blob_testing.h"

namespace granary::blob {

/// A fresh, empty store; what it needs lives as long as the pointer. Null: the reason was said, the test is
/// over.
using MakeStore = std::function<std::shared_ptr<BlobStore>()>;

/// For INSTANTIATE_TEST_SUITE_P. Defined beside the tests, so that the linker takes them along.
testing::internal::ParamGenerator<MakeStore> made_by(MakeStore make);

class BlobStoreSuite : public testing::TestWithParam<MakeStore> {
 protected:
  void SetUp() override;
  std::set<Digest> all();
  const Context ctx = test_context();
  const Digest absent = sha256(as_bytes("what nobody stored"));
  std::shared_ptr<BlobStore> store;
};

}  // namespace granary::blob
