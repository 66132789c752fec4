#include "tls_end.h"

#include <fmt/core.h>
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <stdexcept>

#include "tls/certificate.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr Duration handshake_timeout = 10s;
constexpr int valid_days = 30;

// Makes a self-signed certificate and its key, and loads them without writing them to a disk.
void load_self_signed(const SSLContext& context) {
  const auto own = tls::make_self_signed("loquat talk", {"localhost"}, valid_days);
  const std::string pem = own.certificate + own.key;
  const int fd = ::memfd_create("certificate", MFD_CLOEXEC);
  if (fd < 0) throw_oserror(errno, {"memfd_create", {}, {}, 0});
  struct Close {
    int fd;
    ~Close() { ::close(fd); }
  } close{fd};
  if (::write(fd, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size())) throw_oserror(EIO, {"write", {}, {}, 0});
  SSLContext(context).load_cert_chain(fmt::format("/proc/self/fd/{}", fd));
}

// Replaces all other verification: accepts the certificate with this fingerprint and no other.
int has_fingerprint(X509_STORE_CTX* store, void* expected) {
  const X509* certificate = X509_STORE_CTX_get0_cert(store);
  if (certificate != nullptr &&
      fingerprint_digits(tls::describe(*certificate).fingerprint) == *static_cast<std::string*>(expected))
    return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
  const auto callback =
      X509_STORE_CTX_get_verify_cb(store);  // the connection's own, which records the refused certificate
  return callback != nullptr ? callback(0, store) : 0;
}

}  // namespace

std::string fingerprint_digits(const std::string& fingerprint) {
  std::string result;
  std::string_view digits = fingerprint;
  for (const std::string_view prefix : {"SHA256:", "sha256:", "SHA-256:", "sha-256:"}) {
    if (digits.starts_with(prefix)) digits.remove_prefix(prefix.size());
  }
  for (const char c : digits) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0)
      result += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return result;
}

TlsEnd::TlsEnd(const TlsOptions& options, bool server)
    : context_(server ? create_default_context(Purpose::CLIENT_AUTH)
                      : create_default_context(Purpose::SERVER_AUTH, options.ca)),
      server_(server),
      expected_(fingerprint_digits(options.fingerprint)) {
  context_.set_num_tickets(0);  // a caller that only sends would leave tickets unread, and its close() would reset
  if (!options.cert.empty()) {
    context_.load_cert_chain(options.cert, options.key);
  } else if (server) {
    load_self_signed(context_);
  }
  if (expected_.empty()) return;
  context_.set_check_hostname(false);
  SSL_CTX_set_cert_verify_callback(context_.native(), &has_fingerprint, &expected_);
}

Socket TlsEnd::wrap(Socket socket, const std::string& host, bool require_close_notify) const try {
  WrapOptions options;
  options.server_side = server_;
  options.suppress_ragged_eofs = !require_close_notify;
  if (!server_) options.server_hostname = host.empty() ? "localhost" : host;
  socket.settimeout(handshake_timeout);
  SSLSocket secure = context_.wrap_socket(std::move(socket), options);
  secure.settimeout({});
  return secure;
} catch (const SSLCertVerificationError& e) {
  if (!expected_.empty())
    throw std::runtime_error("the other side shows a different certificate, with the fingerprint " + e.fingerprint());
  throw std::runtime_error(
      fmt::format("{}. If the other side confirms the fingerprint {}, connect with --tls-fingerprint {}", e.what(),
                  e.fingerprint(), e.fingerprint()));
}

std::string TlsEnd::fingerprint() const {
  const X509* certificate = SSL_CTX_get0_certificate(context_.native());
  return certificate == nullptr ? std::string() : tls::describe(*certificate).fingerprint;
}

}  // namespace loquat::tool
