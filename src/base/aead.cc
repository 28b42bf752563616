#include "base/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace granary {
namespace {

struct Freed {
  void operator()(EVP_CIPHER_CTX* ctx) const noexcept { EVP_CIPHER_CTX_free(ctx); }
};

const unsigned char* raw(ByteSpan bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// EVP counts in int; nothing here is near that.
int count(std::size_t size) {
  GRANARY_ASSERT(size <= (1U << 30));
  return static_cast<int>(size);
}

}  // namespace

AeadKey::AeadKey(ByteSpan key) {
  GRANARY_ASSERT(key.size() == kSize);
  std::copy(key.begin(), key.end(), key_.begin());
}

AeadKey::~AeadKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

void AeadKey::seal(const Nonce& nonce, ByteSpan also, ByteSpan plain, std::string& out) const {
  const std::unique_ptr<EVP_CIPHER_CTX, Freed> ctx(EVP_CIPHER_CTX_new());
  const std::size_t at = out.size();
  out.resize(at + plain.size() + kTag);
  auto* to = reinterpret_cast<unsigned char*>(out.data() + at);
  int n = 0;
  GRANARY_ASSERT(ctx &&
                 EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, raw(key_), raw(nonce)) == 1);
  GRANARY_ASSERT(EVP_EncryptUpdate(ctx.get(), nullptr, &n, raw(also), count(also.size())) == 1);
  if (!plain.empty())
    GRANARY_ASSERT(EVP_EncryptUpdate(ctx.get(), to, &n, raw(plain), count(plain.size())) == 1);
  GRANARY_ASSERT(EVP_EncryptFinal_ex(ctx.get(), to + plain.size(), &n) == 1);
  GRANARY_ASSERT(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, kTag, to + plain.size()) == 1);
}

bool AeadKey::open(const Nonce& nonce, ByteSpan also, ByteSpan sealed, std::string& out) const {
  if (sealed.size() < kTag) return false;
  const std::unique_ptr<EVP_CIPHER_CTX, Freed> ctx(EVP_CIPHER_CTX_new());
  const std::size_t at = out.size(), size = sealed.size() - kTag;
  out.resize(at + size);
  auto* to = reinterpret_cast<unsigned char*>(out.data() + at);
  std::array<unsigned char, kTag> tag;
  std::copy_n(raw(sealed) + size, kTag, tag.begin());
  int n = 0;
  GRANARY_ASSERT(ctx &&
                 EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, raw(key_), raw(nonce)) == 1);
  GRANARY_ASSERT(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1);
  GRANARY_ASSERT(EVP_DecryptUpdate(ctx.get(), nullptr, &n, raw(also), count(also.size())) == 1);
  if (size > 0) GRANARY_ASSERT(EVP_DecryptUpdate(ctx.get(), to, &n, raw(sealed), count(size)) == 1);
  if (EVP_DecryptFinal_ex(ctx.get(), to + size, &n) == 1) return true;
  OPENSSL_cleanse(to, size);
  out.resize(at);
  return false;
}

}  // namespace granary
