#include "tls/client_hello.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>

namespace loquat::tls {
namespace {

// Removes a length of `bytes` bytes, and as many bytes as it says, from the front of `data`. Returns the latter.
std::optional<std::string_view> take(std::string_view& data, std::size_t bytes) {
  std::size_t size = 0;
  if (data.size() < bytes) return {};
  for (const char byte : data.substr(0, bytes)) size = size << 8 | static_cast<unsigned char>(byte);
  data.remove_prefix(bytes);
  if (data.size() < size) return {};
  const std::string_view taken = data.substr(0, size);
  data.remove_prefix(size);
  return taken;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

bool is_never_in_a_name(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte >= 0x7f || c == '/' || c == '\\';
}

std::optional<std::string> parse_server_name(std::string_view extension) {
  auto list = take(extension, 2);
  if (!list || !extension.empty() || list->empty() || list->front() != TLSEXT_NAMETYPE_host_name) return {};
  list->remove_prefix(1);
  const auto name = take(*list, 2);
  if (!name || name->size() > TLSEXT_MAXLEN_host_name) return {};
  if (std::any_of(name->begin(), name->end(), is_never_in_a_name)) return {};
  std::string text(*name);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::optional<std::string> server_name_of(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) return std::string();
  return parse_server_name({reinterpret_cast<const char*>(data), size});
}

// SSL_set_SSL_CTX() copies the certificate with its chain, the signature algorithms, the security level and the session
// id context. OpenSSL looks up other things in the new context when it needs them: ciphers, trusted certificates, the
// authorities named to the client, ALPN, the key log. The rest was copied when `ssl` was made, and is copied here.
// (Tickets stay encrypted with the first context's keys; the session id context in them says whose they are.)
void adopt(SSL* ssl, SSL_CTX* context) {
  if (SSL_set_SSL_CTX(ssl, context) == nullptr) throw std::bad_alloc();
  SSL_set_verify(ssl, SSL_CTX_get_verify_mode(context), SSL_get_verify_callback(ssl));
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_inh_flags(parameters, X509_VP_FLAG_OVERWRITE | X509_VP_FLAG_RESET_FLAGS);
  if (X509_VERIFY_PARAM_inherit(parameters, SSL_CTX_get0_param(context)) != 1) throw std::bad_alloc();
  X509_VERIFY_PARAM_set_inh_flags(parameters, 0);
  SSL_clear_options(ssl, ~SSL_CTX_get_options(context));
  SSL_set_options(ssl, SSL_CTX_get_options(context));
  SSL_set_min_proto_version(ssl, static_cast<int>(SSL_CTX_get_min_proto_version(context)));
  SSL_set_max_proto_version(ssl, static_cast<int>(SSL_CTX_get_max_proto_version(context)));
  SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(context));
}

}  // namespace loquat::tls
