#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <stdexcept>

#include "loquat/tls.h"
#include "net/call.h"
#include "tls/certificate.h"
#include "tls/tls_filter.h"

namespace loquat {

using net::Descriptor;
using net::Direction;
using tls::TlsFilter;

SSLError::SSLError(Context context, std::string reason, const std::string& detail)
    : OSError(EPROTO, std::move(context)), reason_(std::move(reason)) {
  text_ = Context{operation(), local(), peer(), done()}.str() + ": " + reason_;
  if (!detail.empty()) text_ += ": " + detail;
}

namespace {

bool is_connected(const Socket& socket) {
  try {
    socket.getpeername();
    return true;
  } catch (const OSError& error) {
    if (error.errc() == ENOTCONN) return false;
    throw;
  }
}

SSLSession session_of(SSL* ssl) {
  return {SSL_get1_session(ssl), [](SSL_SESSION* session) { SSL_SESSION_free(session); }};
}

}  // namespace

SSLSocket SSLContext::wrap_socket(Socket socket, WrapOptions options) const {
  if (socket.type() != SOCK_STREAM) throw std::invalid_argument("wrap_socket: TLS needs a stream socket");
  if (options.server_side != (state_->protocol == PROTOCOL_TLS_SERVER))
    throw std::invalid_argument("wrap_socket: the context is for the other side");
  if (!options.server_side && state_->check_hostname && options.server_hostname.empty())
    throw std::invalid_argument("wrap_socket: check_hostname requires server_hostname");
  Descriptor& d = Descriptor::of(socket, "wrap_socket");
  d.refuse_filter("wrap_socket");
  const bool at_once = options.do_handshake_on_connect && is_connected(socket);
  d.set_filter(std::make_unique<TlsFilter>(d, state_, std::move(options)));
  SSLSocket wrapped(std::move(socket));
  if (at_once) wrapped.do_handshake();
  return wrapped;
}

std::vector<Socket> SSLContext::wrap_servers(std::vector<Socket> listeners) const {
  for (Socket& listener : listeners) {
    WrapOptions options;
    options.server_side = true;
    listener = wrap_socket(std::move(listener), std::move(options));
  }
  return listeners;
}

// The filter was made by wrap_socket(), the only way to an SSLSocket that is not empty.
TlsFilter& SSLSocket::filter(const char* operation) const {
  return static_cast<TlsFilter&>(*Descriptor::of(*this, operation).filter());
}

void SSLSocket::connect(const Address& address) {
  Socket::connect(address);
  if (filter("connect").options().do_handshake_on_connect) do_handshake();
}

SSLSocket SSLSocket::accept() {
  return SSLSocket(Socket::accept());  // the filter has wrapped it
}

SSLSocket SSLSocket::accept(Address& peer) { return SSLSocket(Socket::accept(peer)); }

void SSLSocket::do_handshake() {
  TlsFilter& tls = filter("do_handshake");
  Descriptor::Call call(Descriptor::of(*this, "do_handshake"), Direction::none, "do_handshake",
                        gettimeout() == Duration::zero() ? TimePoint::min()
                        : gettimeout()                   ? sched::deadline_from_now(*gettimeout())
                                                         : never);
  tls.handshake(call);
}

Socket SSLSocket::unwrap() {
  TlsFilter& tls = filter("unwrap");
  Descriptor& d = Descriptor::of(*this, "unwrap");
  {
    Descriptor::Call receiving(d, Direction::in, "unwrap");
    Descriptor::Call sending(d, Direction::out, "unwrap");
    tls.unwrap(sending);
  }
  d.retire_filter();
  return std::move(static_cast<Socket&>(*this));
}

// --- queries -------------------------------------------------------------------------------------------------------

namespace {

std::optional<Cipher> cipher_of(SSL* ssl) {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher == nullptr) return {};
  return Cipher{SSL_CIPHER_get_name(cipher), SSL_CIPHER_get_version(cipher), SSL_CIPHER_get_bits(cipher, nullptr)};
}

std::string alpn_of(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::optional<Certificate> certificate_of(SSL* ssl) {
  const X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return {};
  return tls::describe(*certificate);
}

std::string version_of(const TlsFilter& tls) {
  return tls.handshaken() ? tls.ask([](SSL* ssl) { return std::string(SSL_get_version(ssl)); }) : std::string();
}

std::string hostname_of(const TlsFilter& tls) {
  if (!tls.options().server_side) return tls.options().server_hostname;
  return tls.ask([&tls](SSL*) { return tls.requested_name(); });
}

bool is_reused(SSL* ssl) { return SSL_session_reused(ssl) == 1; }

}  // namespace

std::optional<TLSInfo> tls_info(const Socket& socket) {
  const auto* tls = dynamic_cast<const TlsFilter*>(Descriptor::of(socket, "tls_info").filter());
  if (tls == nullptr) return {};
  TLSInfo info{version_of(*tls), {}, {}, hostname_of(*tls), {}, false};
  tls->ask([&info](SSL* ssl) {
    info.cipher = cipher_of(ssl);
    info.alpn_protocol = alpn_of(ssl);
    info.peercert = certificate_of(ssl);
    info.session_reused = is_reused(ssl);
  });
  return info;
}

std::string SSLSocket::version() const { return version_of(filter("version")); }
std::optional<Cipher> SSLSocket::cipher() const { return filter("cipher").ask(cipher_of); }
std::string SSLSocket::selected_alpn_protocol() const { return filter("selected_alpn_protocol").ask(alpn_of); }
std::optional<Certificate> SSLSocket::getpeercert() const { return filter("getpeercert").ask(certificate_of); }
bool SSLSocket::session_reused() const { return filter("session_reused").ask(is_reused); }
std::string SSLSocket::server_hostname() const { return hostname_of(filter("server_hostname")); }
bool SSLSocket::server_side() const { return filter("server_side").options().server_side; }

std::size_t SSLSocket::pending() const {
  return filter("pending").ask([](SSL* ssl) { return static_cast<std::size_t>(SSL_pending(ssl)); });
}

SSLSession SSLSocket::session() const {
  const TlsFilter& tls = filter("session");
  if (!tls.handshaken()) return {};
  return tls.ask([](SSL* ssl) { return SSL_get0_session(ssl) != nullptr ? session_of(ssl) : SSLSession(); });
}

}  // namespace loquat
