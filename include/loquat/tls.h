// tls.h - TLS on a Socket: Python's ssl in C++. OpenSSL does the cryptography.
//
//   auto context = loquat::create_default_context();
//   auto client = context.wrap_socket(loquat::create_connection("example.org", 443),
//                                     {.server_hostname = "example.org"});
//   client.sendall("GET / HTTP/1.0\r\n\r\n");
//
// True of every call in this file:
//   Socket    An SSLSocket is a Socket. Code that takes a Socket& or moves a Socket works with it and sees the plain
//             bytes. No call of Socket bypasses TLS; the table below lists the calls that refuse.
//   Strings   A path, password, cipher list or host name that contains a NUL throws std::invalid_argument.
//   Errors    SSLError says operation, both ends and OpenSSL's reason. If the connection below TLS fails, the
//             exceptions are those of a Socket (ConnectionResetError, ...). After an SSLError the connection is
//             unusable, but for SSLWantReadError and SSLWantWriteError.
//   Timeout   The timeout of the socket limits each call as a whole, including a handshake that the call has to make.
//             With a timeout of 0, SSLWantReadError or SSLWantWriteError says what to wait for: wait_readable() or
//             wait_writable(), then call again.
//   Threads   As for Socket: one fiber may receive while another sends. A context may be shared by all fibers and
//             threads once it is set up. No call into OpenSSL is in progress while a fiber waits, so an error of one
//             connection never appears in another.
//   Defaults  TLS 1.2 and 1.3, no renegotiation, no compression. Clients verify the server's certificate and its name.
//
// The calls of Socket on a wrapped socket, whether it is held as a Socket or as an SSLSocket:
//   recv, recv_into           return plain bytes. Flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL (not with MSG_PEEK),
//                             MSG_NOSIGNAL; any other throws OSError(EOPNOTSUPP)
//   send, sendall             encrypt. Flags: MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE; any other throws
//                             OSError(EOPNOTSUPP). A send() that must not wait may leave a part of its record unsent:
//                             call wait_writable() before close()
//   sendfile, makefile        encrypt; a makefile() stream reads and writes plain bytes
//   recvfrom, recvfrom_into,  throw OSError(EOPNOTSUPP): these calls move messages, and TLS is a stream.
//   recvmsg, recvmsg_into,    So do send_fds() and recv_fds()
//   sendto, sendmsg
//   dup, detach               throw OSError(EOPNOTSUPP): their result would bypass TLS. Call unwrap() first
//   accept, accept(Address&)  return a connection that is wrapped like the listener. The first call that needs the
//                             handshake makes it
//   bind, listen              work as on any socket, before and after wrap_socket()
//   connect, connect_ex       connect only; the first call that needs the handshake makes it. SSLSocket::connect()
//                             makes it at once
//   wait_readable             makes the handshake, then waits for a plain byte; returns at once if one is already
//                             decrypted. On a listening socket it waits for a connection
//   wait_writable             makes the handshake, sends the unsent part of a record, then waits for space
//   shutdown                  SHUT_WR and SHUT_RDWR send close_notify first
//   close, destructor, move   close sends close_notify if that needs no waiting; a moved Socket keeps its TLS
//   fileno                    returns the descriptor below TLS. Bytes written to it, or to from_fd(fileno()) or
//                             fromfd(fileno()), bypass TLS and break the connection
//   getsockopt, settimeout,   work as on any socket
//   getsockname and the rest
// http::Server, WebSocket and the chat server use these calls, and so they speak TLS on a wrapped socket. The sockets
// of the C ABI (loquat.h) cannot be wrapped.
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
  // `reason` is OpenSSL's text, for example "certificate verify failed". `detail` may be empty.
  SSLError(Context context, std::string reason, const std::string& detail = {});
  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string reason_, text_;
};
// These two are thrown with a timeout of 0 if the call needs the socket to become readable or writable first.
class SSLWantReadError : public SSLError {
  using SSLError::SSLError;
};
class SSLWantWriteError : public SSLError {
  using SSLError::SSLError;
};
// The peer has closed TLS with close_notify, and the call needs more from it. recv() never throws this: it returns an
// empty string.
class SSLZeroReturnError : public SSLError {
  using SSLError::SSLError;
};
// The connection ended without the peer's close_notify, so the received data may be incomplete.
class SSLEOFError : public SSLError {
  using SSLError::SSLError;
};
// The peer's certificate was refused. what() names the reason: "certificate has expired", "self-signed certificate",
// "hostname mismatch", ...
class SSLCertVerificationError : public SSLError {
 public:
  SSLCertVerificationError(Context context, int code, const std::string& message, std::string fingerprint)
      : SSLError(std::move(context), "certificate verify failed", message),
        code_(code),
        message_(message),
        fingerprint_(std::move(fingerprint)) {}
  // The reason as X509_V_ERR_... and as text. Source: X509_STORE_CTX_get_error(3).
  int verify_code() const noexcept { return code_; }
  const std::string& verify_message() const noexcept { return message_; }
  // The SHA-256 of the refused certificate, in the form of Certificate::fingerprint, so that a person can compare it.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

 private:
  int code_;
  std::string message_, fingerprint_;
};

// --- Values ---------------------------------------------------------------------------------------------------------

enum Protocol { PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER };
enum VerifyMode { CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED };
enum class TLSVersion { TLSv1_2, TLSv1_3 };
// SERVER_AUTH: the context of a client, which authenticates servers. CLIENT_AUTH: the context of a server, which may
// authenticate clients.
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
  std::string der;                            // the whole certificate in DER
};

// What a client keeps to resume a session in a later connection; nullptr: none.
//
// A resumed session shows no certificate again, so it must not outlive what was verified. A client resumes it only with
// the context that it was made with and, if that checks host names, for the same name. A server resumes it only with
// the context that it was made with, whether that was chosen by SNI or not. set_verify_mode() and set_check_hostname()
// end all sessions made before. Whenever a session cannot be resumed, a full handshake takes its place.
using SSLSession = std::shared_ptr<ssl_session_st>;

// The TLS state of a connection; for the fields see the calls of SSLSocket with these names.
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
  // Must be true with a context for servers, and false with one for clients.
  bool server_side = false;
  // Makes the handshake in wrap_socket() if the socket is connected, and in connect(). With false the first call that
  // needs the handshake makes it.
  bool do_handshake_on_connect = true;
  // If the connection ends without close_notify, recv() returns end of stream. With false it throws SSLEOFError.
  bool suppress_ragged_eofs = true;
  // Clients: the name or IP literal that the server's certificate must contain. A name is also sent to the server
  // (SNI). A trailing dot and the zone of an address ("%eth0") are left out. Write international names in ASCII:
  // "xn--bcher-kva.de".
  std::string server_hostname = {};
  // Clients: the session to resume, from SSLSocket::session().
  SSLSession session = {};
  // The first bytes of the handshake, if the caller has already received some.
  std::string already_read = {};
};

// --- A connection ---------------------------------------------------------------------------------------------------

class SSLSocket : public Socket {
 public:
  // An empty object, as Socket().
  SSLSocket() noexcept = default;

  // Connects, then makes the handshake if do_handshake_on_connect is set. Source: Python SSLSocket.connect.
  void connect(const Address& address);
  // On a listening wrapped socket: waits for the next connection and returns it, wrapped in the same way.
  // (Socket::accept() does the same but returns a Socket.) accept() makes no handshake: the first call on the new
  // connection does, in the fiber that calls, so a client that stalls delays no other.
  // Source: Python SSLSocket.accept, which makes the handshake itself.
  SSLSocket accept();
  SSLSocket accept(Address& peer);

  // Makes the handshake; returns at once if it is already made. Throws SSLCertVerificationError, SSLError, SSLEOFError,
  // ConnectionResetError, TimeoutError. Source: Python SSLSocket.do_handshake.
  void do_handshake();
  // Ends TLS but not the connection: sends close_notify, waits for the peer's, and returns the connection as a plain
  // Socket. This object is then empty. Throws SSLError if data of the peer is still unread: receive it, and call
  // unwrap() again. Throws SSLError too if plain bytes arrived together with the peer's close_notify; they are lost.
  // Source: Python SSLSocket.unwrap, RFC 8446 s.6.1.
  //
  // To end a connection together with its TLS you need no unwrap(): shutdown(SHUT_WR) sends close_notify and then FIN,
  // and close() sends close_notify if that needs no waiting.
  Socket unwrap();

  // The version, for example "TLSv1.3"; empty before the handshake.
  std::string version() const;
  std::optional<Cipher> cipher() const;
  // The protocol that both sides agreed on (RFC 7301); empty if there is none.
  std::string selected_alpn_protocol() const;
  // The peer's certificate, whether or not it was verified; nothing if the peer sent none.
  std::optional<Certificate> getpeercert() const;
  // The number of decrypted bytes, which recv() returns without asking the kernel.
  std::size_t pending() const;
  // Clients: the session, for WrapOptions::session of a later connection; nullptr before the handshake. In TLS 1.3 the
  // server sends it after the handshake: receive something first.
  SSLSession session() const;
  // Whether this connection has resumed a session.
  bool session_reused() const;
  // Clients: the name given to wrap_socket(). Servers: the name that the client asks for (SNI), in lower case.
  std::string server_hostname() const;
  bool server_side() const;

 private:
  friend class SSLContext;
  explicit SSLSocket(Socket socket) noexcept : Socket(std::move(socket)) {}
  tls::TlsFilter& filter(const char* operation) const;
};

// The TLS state of a connection that is held as a Socket, such as http::Request::socket(). Nothing if it has no TLS.
std::optional<TLSInfo> tls_info(const Socket& socket);

// --- What connections share -----------------------------------------------------------------------------------------

// Certificates and settings that connections share. Copies of an SSLContext refer to the same context. Finish the
// settings before the first connection.
class SSLContext {
 public:
  // A context for clients requires a certificate of the server, verifies it and checks the host name; it trusts nobody
  // until certificates are loaded. A context for servers asks for no certificate of the client.
  explicit SSLContext(Protocol protocol);

  // Loads the own certificate with its chain, and its private key, from PEM files. The key is in `certfile` unless
  // `keyfile` is given; `password` decrypts it. Throws FileNotFoundError, PermissionError, ... if a file cannot be
  // read, SSLError if a file is malformed or the key does not belong to the certificate.
  void load_cert_chain(const std::string& certfile, const std::string& keyfile = {}, const std::string& password = {});
  // Loads trusted certificates: from a PEM file, a directory (openssl-rehash(1)), or PEM or DER data. Empty arguments
  // are ignored; if all are empty, throws std::invalid_argument.
  void load_verify_locations(const std::string& cafile, const std::string& capath = {}, std::string_view cadata = {});
  // Loads the certificates that the system trusts.
  void load_default_certs();

  // Sets the ciphers of TLS 1.2, in OpenSSL's syntax. Throws SSLError if none is left. Source: openssl-ciphers(1).
  void set_ciphers(const std::string& ciphers);
  // Sets the ALPN protocols in order of preference; the server's order decides. Without a common protocol the handshake
  // fails. Throws std::invalid_argument for a name of 0 or more than 255 bytes.
  void set_alpn_protocols(const std::vector<std::string>& protocols);
  // Servers: sets a callback that chooses the context for a connection. `server_name` is the name that the client asks
  // for, in lower case and without a trailing dot; "" if it asks for none. The callback returns another context, or
  // nothing to use this one. The returned context replaces this one in full: certificate, verification of clients,
  // versions, ciphers, ALPN, tickets and key log. Its own SNI callback is not called. (Other settings made through
  // native(), such as curves, stay those of this context.)
  //
  // The callback runs once for each connection, in the fiber that makes the handshake, and may run on several workers
  // at the same time. It may wait, for example to load a certificate. If it throws, the call that makes the handshake
  // rethrows that exception, and the client gets an alert. A returned context that is not for servers makes that call
  // throw std::invalid_argument. A client that asks for an impossible host name is refused with SSLError before the
  // callback.
  void set_sni_callback(std::function<std::optional<SSLContext>(const std::string& server_name)> callback);

  // CERT_NONE: no verification. CERT_OPTIONAL: a certificate is verified if the peer sends one. CERT_REQUIRED: the peer
  // must send one. Throws std::invalid_argument for CERT_NONE while check_hostname() is true.
  void set_verify_mode(VerifyMode mode);
  VerifyMode verify_mode() const;
  // Clients: whether the certificate must contain WrapOptions::server_hostname. Throws std::invalid_argument for true
  // while verify_mode() is CERT_NONE.
  void set_check_hostname(bool check);
  bool check_hostname() const;
  void set_minimum_version(TLSVersion version);
  void set_maximum_version(TLSVersion version);
  // Servers: the number of session tickets sent after a TLS 1.3 handshake, initially 2.
  // Source: SSL_CTX_set_num_tickets(3).
  void set_num_tickets(std::size_t count);
  // Appends the secrets of all connections to a file, for Wireshark. Anybody who can read the file can decrypt them.
  void set_keylog_filename(const std::string& path);

  // Takes ownership of a stream socket and returns it with TLS. It may be connected, listening, or connected later. If
  // it is connected, makes the handshake (WrapOptions::do_handshake_on_connect), so it may throw what do_handshake()
  // throws.
  // Throws std::invalid_argument if the socket is not a stream, if options.server_side does not fit the context, and if
  // server_hostname is missing although the context checks it, or is not a host name. After an exception the socket is
  // closed.
  SSLSocket wrap_socket(Socket socket, WrapOptions options = {}) const;

  // Servers: wraps each listener of create_servers().
  //   http::serve(context.wrap_servers(create_servers(address, workers())), handler);
  std::vector<Socket> wrap_servers(std::vector<Socket> listeners) const;

  // OpenSSL's SSL_CTX, for settings that are not here. The context owns it.
  ssl_ctx_st* native() const noexcept;

 private:
  friend class SSLSocket;
  std::shared_ptr<tls::ContextState> state_;
};

// Returns a context with good settings. For SERVER_AUTH it is a client's; it trusts the given certificates, or those of
// the system if none are given. For CLIENT_AUTH it is a server's: load_cert_chain() comes next.
// Source: Python ssl.create_default_context.
SSLContext create_default_context(Purpose purpose = Purpose::SERVER_AUTH, const std::string& cafile = {},
                                  const std::string& capath = {}, std::string_view cadata = {});

}  // namespace loquat
