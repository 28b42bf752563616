#include "http/engine/tls.h"

#include <openssl/err.h>

#include <cstring>

namespace granary::http {
namespace {

std::string openssl_reason() {
  char text[256] = "unknown";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

/// The only protocol offered is http/1.1; a client that offers others and not this one goes on without ALPN.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void*) {
  constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned at = 0; at < in_size; at += in[at] + 1U) {
    if (at + 1 + in[at] > in_size) break;
    if (std::string_view(reinterpret_cast<const char*>(in + at + 1), in[at]) == kHttp11) {
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<int> protocol_version(const std::string& text) {
  if (text == "1.0") return TLS1_VERSION;
  if (text == "1.1") return TLS1_1_VERSION;
  if (text == "1.2") return TLS1_2_VERSION;
  if (text == "1.3") return TLS1_3_VERSION;
  return fail(Errc::invalid_argument, "unknown minimum TLS version '" + text + "'",
              "write 1.0, 1.1, 1.2 or 1.3");
}

Result<std::shared_ptr<SSL_CTX>> make_context(const TlsOptions& options) {
  const int version = TRY(protocol_version(options.minimum_version));
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), FreeSsl());
  if (!context) return fail(Errc::internal, "cannot create a TLS context: " + openssl_reason());
  SSL_CTX* c = context.get();
  SSL_CTX_set_min_proto_version(c, version);
  if (version < TLS1_2_VERSION) SSL_CTX_set_security_level(c, 0);  // the old versions need SHA-1
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                             SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(
      c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(c, options.certificate_path.c_str()) != 1) {
    return fail(Errc::invalid_argument,
                "cannot use the certificate " + options.certificate_path + ": " + openssl_reason(),
                "give a PEM file with the server's certificate first, then the chain");
  }
  if (SSL_CTX_use_PrivateKey_file(c, options.key_path.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(c) != 1) {
    return fail(Errc::invalid_argument, "cannot use the key " + options.key_path + ": " + openssl_reason(),
                "give the PEM key that belongs to the certificate");
  }
  return context;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::load(TlsOptions options) {
  std::unique_ptr<TlsContext> out(new TlsContext(std::move(options)));
  TRY(out->reload());
  return out;
}

Result<> TlsContext::reload() {
  auto fresh = TRY(make_context(options_));
  const std::lock_guard lock(mutex_);
  context_ = std::move(fresh);
  return {};
}

SslPtr TlsContext::accept(int fd) const {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  SslPtr ssl(SSL_new(context.get()));  // holds a reference to the context
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace granary::http
