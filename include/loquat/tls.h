// tls.h - TLS on a Socket: Python's ssl in C++. OpenSSL does the cryptography.
//
//   auto context = loquat::create_default_context();
//   auto client = context.wrap_socket(loquat::create_connection("example.org", 443),
//                                     {.server_hostname = "example.org"});
//   client.sendall("GET / HTTP/1.0\r\n\r\n");
//
// True of every call in this file:
//   Socket    An SSLSocket is a Socket. Code that takes a Socket& or moves a Socket works on it, and sees the plain
//             bytes. No call of Socket sends or takes clear text beside TLS; the table below says which refuse.
//   Strings   Paths, passwords, ciphers and host names with a NUL in them throw std::invalid_argument.
//   Errors    SSLError says operation, both ends and OpenSSL's reason. Where the connection is at fault the exceptions
//             are the Socket's (ConnectionResetError, ...). After an SSLError the connection is of no more use.
//   Timeout   The Socket's, for each call as a whole, and for a handshake that it has to make first. With a timeout of
//             0, SSLWantReadError and SSLWantWriteError say what to wait for.
//   Threads   As for Socket: one fiber may receive while another one sends. A context may be used by all once it is set
//             up. No call into OpenSSL is open while a fiber waits, so no error of one connection shows up in another.
//   Defaults  TLS 1.2 and 1.3, no renegotiation, no compression; clients verify the peer and its name.
//
// The calls of Socket on a wrapped one, held as a Socket& or as what it is:
//   recv, recv_into           the plain bytes. Flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL (not with MSG_PEEK),
//                             MSG_NOSIGNAL; any other throws EOPNOTSUPP
//   send, sendall             encrypts. Flags: MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE; any other throws EOPNOTSUPP. After
//                             a send() that could not wait, wait_writable() before close(): a part may be left
//   sendfile, makefile        encrypts; a makefile() stream reads and writes the plain bytes
//   recvfrom, recvfrom_into,  throws EOPNOTSUPP: these move messages, and TLS has none.
//   recvmsg, recvmsg_into,    So do send_fds() and recv_fds()
//   sendto, sendmsg
//   dup, detach               throws EOPNOTSUPP: what they return would be clear text. unwrap() first
//   accept, accept(Address&)  a connection that is wrapped as the listener is; its first call makes the handshake
//   bind, listen              as for any socket, before or after wrap_socket()
//   connect, connect_ex       connects; the first call that needs it makes the handshake. SSLSocket::connect() makes it
//   wait_readable             makes the handshake, then waits for a plain byte; true at once if one is decrypted. On a
//                             listener: waits for a connection
//   wait_writable             makes the handshake, sends what is left of a record, then waits for room
//   shutdown                  SHUT_WR and SHUT_RDWR say close_notify first
//   close, destructor, move   close says close_notify if that needs no waiting; a moved Socket keeps its TLS
//   fileno                    the number of the descriptor below TLS, to look at. What is written to it, or to
//                             from_fd(fileno()) and fromfd(fileno()), goes out beside TLS and breaks the connection
//   getsockopt, settimeout,   as for any socket
//   getsockname and the rest
// A WebSocket, the chat's doors and http::Server use these calls, and so speak TLS on a wrapped socket. The C ABI
// (loquat.h) has sockets of its own, which cannot be wrapped.
//
// Layer: tls (docs/layers.txt).  Source: Python's ssl module, RFC 8446, RFC 5246, RFC 6066 s.3, RFC 7301.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/error.h"
#include "loquat/socket.h"

struct ssl_ctx_st;
struct ssl_session_st;

namespace loquat {

namespace tls {
class TlsFilter;
struct ContextState;
}  // namespace tls

// --- Errors ---------------------------------------------------------------------------------------------------------

class SSLError : public OSError {
 public:
  // `reason` is OpenSSL's, in its spelling: "certificate verify failed". `detail` may be empty.
  SSLError(Context context, std::string reason, const std::string& detail = {});
  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_, text_;
};
// A timeout of 0, and the call needs the socket to become readable or writable first.
class SSLWantReadError : public SSLError {
  using SSLError::SSLError;
};
class SSLWantWriteError : public SSLError {
  using SSLError::SSLError;
};
// The peer has closed TLS properly, and the call cannot do without it. recv() returns an empty string instead.
class SSLZeroReturnError : public SSLError {
  using SSLError::SSLError;
};
// The connection ended without the peer's close_notify: what was received may not be all.
class SSLEOFError : public SSLError {
  using SSLError::SSLError;
};
// The peer's certificate is refused. what() names the reason: "certificate has expired", "self-signed certificate",
// "hostname mismatch", ...
class SSLCertVerificationError : public SSLError {
 public:
  SSLCertVerificationError(Context context, int code, const std::string& message, std::string fingerprint)
      : SSLError(std::move(context), "certificate verify failed", message),
        code_(code),
        message_(message),
        fingerprint_(std::move(fingerprint)) {}
  // X509_V_ERR_..., and its text. Source: X509_STORE_CTX_get_error(3).
  int verify_code() const noexcept { return code_; }
  const std::string& verify_message() const noexcept { return message_; }
  // SHA-256 of the certificate that the peer showed, as in Certificate: for somebody to compare it.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

 private:
  int code_;
  std::string message_, fingerprint_;
};

// --- Values ---------------------------------------------------------------------------------------------------------

enum Protocol { PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER };
enum VerifyMode { CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED };
enum class TLSVersion { TLSv1_2, TLSv1_3 };
// Whom a context is for: a client that authenticates servers, a server that authenticates clients.
enum class Purpose { SERVER_AUTH, CLIENT_AUTH };

struct Cipher {
  std::string name;      // "TLS_AES_256_GCM_SHA384"
  std::string protocol;  // "TLSv1.3"
  int secret_bits = 0;
};

struct Certificate {
  std::string subject, issuer;  // RFC 2253: "CN=example.org,O=Example"
  std::string serial_number;    // hexadecimal digits
  std::chrono::sys_seconds not_before, not_after;
  std::vector<std::string> subject_alt_name;  // "DNS:example.org", "IP Address:127.0.0.1"
  std::string fingerprint;                    // SHA-256: "AB:CD:..."
  std::string der;                            // all of it
};

// What a client keeps to resume a session. Empty: none. A session shows no certificate again, so on both sides it is
// resumed only where it was made: by clients under the same context and, if that checks host names, for the same name;
// by servers under the same context, chosen by SNI or not. A change of set_verify_mode() or set_check_hostname() ends
// those made before. Otherwise a full handshake takes its place.
using SSLSession = std::shared_ptr<ssl_session_st>;

// What TLS knows of a connection; see SSLSocket's calls of these names.
struct TLSInfo {
  std::string version;  // empty before the handshake
  std::optional<Cipher> cipher;
  std::string alpn_protocol;
  std::string server_hostname;
  std::optional<Certificate> peercert;
  bool session_reused = false;
};

class SSLContext;

struct WrapOptions {
  bool server_side = false;
  // Makes the handshake at once, if the socket is connected. Otherwise the first call that needs it does.
  bool do_handshake_on_connect = true;
  // The end of the connection without close_notify is an end of stream. Else recv() throws SSLEOFError.
  bool suppress_ragged_eofs = true;
  // Clients: the name that the server's certificate must bear, and that is sent to it (SNI); a name or an IP literal. A
  // dot at its end and the zone of an address ("%eth0") are left out. International names in ASCII: "xn--bcher-kva.de".
  std::string server_hostname = {};
  SSLSession session = {};
  // What has been received already, of the handshake's beginning.
  std::string already_read = {};
};

// --- A connection ---------------------------------------------------------------------------------------------------

class SSLSocket : public Socket {
 public:
  // No socket.
  SSLSocket() noexcept = default;

  // Connects, then makes the handshake if do_handshake_on_connect. Source: Python SSLSocket.connect.
  void connect(const Address& address);
  // Of a listening socket that was wrapped: the next connection, wrapped the same way. Socket::accept() does the same
  // and returns a Socket. The handshake is made by the first call that needs it, in whatever fiber that is, so that a
  // client that stalls holds up nobody.
  // Source: Python SSLSocket.accept, which makes the handshake itself.
  SSLSocket accept();
  SSLSocket accept(Address& peer);

  // Makes the handshake; returns at once if it has been made. Throws SSLCertVerificationError, SSLError, SSLEOFError,
  // ConnectionResetError, TimeoutError. Source: Python SSLSocket.do_handshake.
  void do_handshake();
  // Says close_notify, waits for the peer's, and returns the connection as a plain Socket; this one is empty then.
  // Throws SSLError if the peer has sent something before that: receive it, and call unwrap() again. Also if plain
  // bytes came along with the peer's close_notify, which cannot be given back. Source: Python SSLSocket.unwrap, RFC
  // 8446 s.6.1.
  //
  // For a connection that ends with TLS shutdown(SHUT_WR) is enough: it says close_notify and then FIN. close() says
  // close_notify too, if that needs no waiting.
  Socket unwrap();

  // "TLSv1.3"; empty before the handshake.
  std::string version() const;
  std::optional<Cipher> cipher() const;
  // What both sides agreed on (RFC 7301); empty: nothing.
  std::string selected_alpn_protocol() const;
  // The peer's certificate, whether or not it was verified; nothing if it sent none.
  std::optional<Certificate> getpeercert() const;
  // Bytes that recv() gives without asking the kernel.
  std::size_t pending() const;
  // Clients: for WrapOptions::session; empty before the handshake. In TLS 1.3 the server's tickets come after the
  // handshake: receive something first.
  SSLSession session() const;
  bool session_reused() const;
  // As given to wrap_socket(); servers: what the client asks for, in lower case.
  std::string server_hostname() const;
  bool server_side() const;

 private:
  friend class SSLContext;
  explicit SSLSocket(Socket socket) noexcept : Socket(std::move(socket)) {}
  tls::TlsFilter& filter(const char* operation) const;
};

// The same of a connection that is at hand as a Socket, such as http::Request::socket(). Nothing if it has no TLS.
std::optional<TLSInfo> tls_info(const Socket& socket);

// --- What connections share -----------------------------------------------------------------------------------------

// A handle: copies share the same context.
class SSLContext {
 public:
  // Clients require a certificate that they can verify, and check the host name; servers ask for none.
  explicit SSLContext(Protocol protocol);

  // The certificate with its chain, and its key if that is in another file; PEM. A password for an encrypted key.
  // Throws FileNotFoundError and its like, and SSLError if a file makes no sense or the two do not belong together.
  void load_cert_chain(const std::string& certfile, const std::string& keyfile = {}, const std::string& password = {});
  // Whom to trust: a file of certificates, a directory (c_rehash), PEM or DER data; empty ones are left out.
  void load_verify_locations(const std::string& cafile, const std::string& capath = {}, std::string_view cadata = {});
  // The system's.
  void load_default_certs();

  // OpenSSL's language; for TLS 1.2. Throws SSLError if nothing is left. Source: openssl-ciphers(1).
  void set_ciphers(const std::string& ciphers);
  // In order of preference, the server's counts. Throws std::invalid_argument for names of 0 or over 255 bytes.
  void set_alpn_protocols(const std::vector<std::string>& protocols);
  // Servers: called with the name that a client asks for, in lower case and without a dot at its end; "" if it asks for
  // none. Returns the context to use for it, nothing for this one. The one returned counts in full: certificate, who
  // must show one and whom to trust, versions, ciphers, ALPN, tickets, key log; its own SNI callback is not called.
  // (What was set through native() and is none of these, such as curves, stays the first context's.)
  //
  // It runs in the fiber that makes the handshake, once for each connection, on several workers at the same time, and
  // may wait there: load a certificate, ask a database. What it throws, whatever it is, comes out of the call that
  // makes the handshake, and the client gets an alert; a context that is not for servers is std::invalid_argument
  // there. A client that asks for what cannot be a host name is refused before, with SSLError.
  void set_sni_callback(std::function<std::optional<SSLContext>(const std::string& server_name)> callback);

  // CERT_NONE needs set_check_hostname(false) first: throws std::invalid_argument.
  void set_verify_mode(VerifyMode mode);
  VerifyMode verify_mode() const;
  // Throws std::invalid_argument with CERT_NONE.
  void set_check_hostname(bool check);
  bool check_hostname() const;
  void set_minimum_version(TLSVersion version);
  void set_maximum_version(TLSVersion version);
  // Tickets that a server gives out after a TLS 1.3 handshake: 2 at first. Source: SSL_CTX_set_num_tickets(3).
  void set_num_tickets(std::size_t count);
  // Appends the secrets of all connections to a file, for Wireshark. Whoever reads it can read them, too.
  void set_keylog_filename(const std::string& path);

  // Takes the socket over: a connected one, one that will be, or a listening one. Throws std::invalid_argument if it is
  // no stream, for a client that checks host names and has none, and for what is no host name; else as do_handshake().
  // The socket is closed then.
  SSLSocket wrap_socket(Socket socket, WrapOptions options = {}) const;

  // Servers: wraps each of create_servers()'s listeners, one per worker.
  //   http::serve(context.wrap_servers(create_servers(address, workers())), handler);
  std::vector<Socket> wrap_servers(std::vector<Socket> listeners) const;

  ssl_ctx_st* native() const noexcept;

 private:
  friend class SSLSocket;
  std::shared_ptr<tls::ContextState> state_;
};

// A context with good settings: for SERVER_AUTH a client's, with the system's roots if no others are named.
// Source: Python ssl.create_default_context.
SSLContext create_default_context(Purpose purpose = Purpose::SERVER_AUTH, const std::string& cafile = {},
                                  const std::string& capath = {}, std::string_view cadata = {});

}  // namespace loquat
