#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>

#include "base/c_string.h"
#include "loquat/tls.h"
#include "tls/context_state.h"
#include "tls/tls_filter.h"

namespace loquat {

using tls::ContextState;

namespace tls {

void throw_queued(OSError::Context context) {
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  const std::string text = reason != nullptr ? reason : "a failure that OpenSSL does not explain";
  ERR_clear_error();
  throw SSLError(std::move(context), text);
}

namespace {

// An unreadable file is reported as the system's error, not as OpenSSL's.
void check_readable(const std::string& path, const char* operation) {
  const int fd = ::open(c_string(path, operation, "path"), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_oserror(errno, {operation, path, {}, 0});
  ::close(fd);
}

int index_of_state() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// From here on, only sessions made after this call are resumed. Otherwise a ticket of a context that requires no
// certificate would be accepted by one that does. Source: SSL_CTX_set_session_id_context(3).
void begin_sessions_anew(ContextState& state) {
  static std::atomic<std::uint64_t> last{0};
  state.sessions = ++last;
  const auto* mark = reinterpret_cast<const unsigned char*>(&state.sessions);
  SSL_CTX_set_session_id_context(state.context.get(), mark, sizeof state.sessions);
}

// RFC 7301 s.3.2: the server chooses; with nothing in common the handshake ends.
int choose_alpn(SSL* ssl, const unsigned char** out, unsigned char* size, const unsigned char* theirs,
                unsigned their_size, void*) {
  const ContextState& state = state_of(SSL_get_SSL_CTX(ssl));
  unsigned char* chosen = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(state.alpn.data());
  if (SSL_select_next_proto(&chosen, size, ours, static_cast<unsigned>(state.alpn.size()), theirs, their_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// An SSL that the user made from native() has no filter.
int on_client_hello(SSL* ssl, int* alert, void*) {
  auto* filter = static_cast<TlsFilter*>(SSL_get_app_data(ssl));
  return filter != nullptr ? filter->on_client_hello(alert) : SSL_CLIENT_HELLO_SUCCESS;
}

// One write per line, since others write to the same file.
void log_keys(const SSL* ssl, const char* line) {
  ContextState& state = state_of(SSL_get_SSL_CTX(ssl));
  try {
    const std::string text = std::string(line) + "\n";
    const std::lock_guard lock(state.keylog_mutex);
    const int fd = ::open(state.keylog_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;  // which must not fail the connection
    [[maybe_unused]] const auto written = ::write(fd, text.data(), text.size());
    ::close(fd);
  } catch (...) {
    // Nor must a lack of memory, and no exception may pass through OpenSSL.
  }
}

int give_password(char* buffer, int size, int, void* data) {
  const auto& password = *static_cast<const std::string*>(data);
  if (password.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, password.data(), password.size());
  return static_cast<int>(password.size());
}

int number_of(TLSVersion version) { return version == TLSVersion::TLSv1_2 ? TLS1_2_VERSION : TLS1_3_VERSION; }

// Adds every certificate of PEM or DER data.
void add_certificates(X509_STORE* store, std::string_view data) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(data.data(), static_cast<int>(data.size())),
                                                      &BIO_free);
  const bool pem = data.find("-----BEGIN ") != data.npos;
  std::size_t found = 0;
  while (X509* certificate =
             pem ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : d2i_X509_bio(bio.get(), nullptr)) {
    X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    ++found;
  }
  if (found == 0) throw_queued({"load_verify_locations (cadata)", {}, {}, 0});
  ERR_clear_error();  // the end of the data is an error, too
}

}  // namespace

ContextState& state_of(const SSL_CTX* context) {
  return *static_cast<ContextState*>(SSL_CTX_get_ex_data(context, index_of_state()));
}

}  // namespace tls

SSLContext::SSLContext(Protocol protocol) : state_(std::make_shared<ContextState>()) {
  ERR_clear_error();
  state_->context.reset(SSL_CTX_new(protocol == PROTOCOL_TLS_SERVER ? TLS_server_method() : TLS_client_method()));
  if (!state_->context) throw std::bad_alloc();
  SSL_CTX* context = native();
  state_->protocol = protocol;
  SSL_CTX_set_ex_data(context, tls::index_of_state(), state_.get());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  tls::begin_sessions_anew(*state_);
  if (protocol == PROTOCOL_TLS_SERVER) SSL_CTX_set_client_hello_cb(context, &tls::on_client_hello, nullptr);
  if (protocol == PROTOCOL_TLS_CLIENT) {
    state_->check_hostname = true;
    set_verify_mode(CERT_REQUIRED);
  }
}

SSL_CTX* SSLContext::native() const noexcept { return state_ ? state_->context.get() : nullptr; }

void SSLContext::load_cert_chain(const std::string& certfile, const std::string& keyfile, const std::string& password) {
  const std::string& key = keyfile.empty() ? certfile : keyfile;
  refuse_nul(password, "load_cert_chain", "password");
  tls::check_readable(certfile, "load_cert_chain");
  tls::check_readable(key, "load_cert_chain");
  ERR_clear_error();
  std::string secret = password;
  SSL_CTX_set_default_passwd_cb(native(), &tls::give_password);
  SSL_CTX_set_default_passwd_cb_userdata(native(), &secret);
  const char* failed = nullptr;
  if (SSL_CTX_use_certificate_chain_file(native(), certfile.c_str()) != 1) {
    failed = certfile.c_str();
  } else if (SSL_CTX_use_PrivateKey_file(native(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    failed = key.c_str();
  } else if (SSL_CTX_check_private_key(native()) != 1) {
    failed = key.c_str();
  }
  SSL_CTX_set_default_passwd_cb(native(), nullptr);
  SSL_CTX_set_default_passwd_cb_userdata(native(), nullptr);
  if (failed != nullptr) tls::throw_queued({"load_cert_chain", failed, {}, 0});
}

void SSLContext::load_verify_locations(const std::string& cafile, const std::string& capath, std::string_view cadata) {
  if (cafile.empty() && capath.empty() && cadata.empty())
    throw std::invalid_argument("load_verify_locations: one of cafile, capath and cadata is needed");
  ERR_clear_error();
  if (!cafile.empty()) {
    tls::check_readable(cafile, "load_verify_locations");
    if (SSL_CTX_load_verify_file(native(), cafile.c_str()) != 1)
      tls::throw_queued({"load_verify_locations", cafile, {}, 0});
  }
  if (!capath.empty() && SSL_CTX_load_verify_dir(native(), c_string(capath, "load_verify_locations", "path")) != 1)
    tls::throw_queued({"load_verify_locations", capath, {}, 0});
  if (!cadata.empty()) tls::add_certificates(SSL_CTX_get_cert_store(native()), cadata);
}

void SSLContext::load_default_certs() {
  ERR_clear_error();
  if (SSL_CTX_set_default_verify_paths(native()) != 1) tls::throw_queued({"load_default_certs", {}, {}, 0});
}

void SSLContext::set_ciphers(const std::string& ciphers) {
  ERR_clear_error();
  if (SSL_CTX_set_cipher_list(native(), c_string(ciphers, "set_ciphers", "ciphers")) != 1)
    tls::throw_queued({"set_ciphers", ciphers, {}, 0});
}

void SSLContext::set_alpn_protocols(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& name : protocols) {
    if (name.empty() || name.size() > 255)
      throw std::invalid_argument("set_alpn_protocols: a name of " + std::to_string(name.size()) + " bytes");
    wire += static_cast<char>(name.size());
    wire += name;
  }
  if (wire.size() > 0xffff) throw std::invalid_argument("set_alpn_protocols: more names than a hello can hold");
  state_->alpn = wire;
  if (state_->protocol == PROTOCOL_TLS_SERVER) {
    SSL_CTX_set_alpn_select_cb(native(), wire.empty() ? nullptr : &tls::choose_alpn, nullptr);
  } else {
    SSL_CTX_set_alpn_protos(native(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
  }
}

void SSLContext::set_sni_callback(std::function<std::optional<SSLContext>(const std::string&)> callback) {
  state_->sni = std::move(callback);
}

void SSLContext::set_verify_mode(VerifyMode mode) {
  if (mode == CERT_NONE && state_->check_hostname)
    throw std::invalid_argument(
        "set_verify_mode: CERT_NONE cannot check the host name; set_check_hostname(false) first");
  int flags = SSL_VERIFY_NONE;
  if (mode != CERT_NONE) flags = SSL_VERIFY_PEER;
  if (mode == CERT_REQUIRED) flags |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(native(), flags, nullptr);
  tls::begin_sessions_anew(*state_);
}

VerifyMode SSLContext::verify_mode() const {
  const int flags = SSL_CTX_get_verify_mode(native());
  if ((flags & SSL_VERIFY_PEER) == 0) return CERT_NONE;
  return (flags & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0 ? CERT_REQUIRED : CERT_OPTIONAL;
}

void SSLContext::set_check_hostname(bool check) {
  if (check && verify_mode() == CERT_NONE)
    throw std::invalid_argument("set_check_hostname: with CERT_NONE there is nothing to check");
  state_->check_hostname = check;
  tls::begin_sessions_anew(*state_);
}

bool SSLContext::check_hostname() const { return state_->check_hostname; }

void SSLContext::set_minimum_version(TLSVersion version) {
  SSL_CTX_set_min_proto_version(native(), tls::number_of(version));
}

void SSLContext::set_maximum_version(TLSVersion version) {
  SSL_CTX_set_max_proto_version(native(), tls::number_of(version));
}

void SSLContext::set_num_tickets(std::size_t count) { SSL_CTX_set_num_tickets(native(), count); }

void SSLContext::set_keylog_filename(const std::string& path) {
  const int fd = ::open(c_string(path, "set_keylog_filename", "path"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw_oserror(errno, {"set_keylog_filename", path, {}, 0});
  ::close(fd);
  state_->keylog_path = path;
  SSL_CTX_set_keylog_callback(native(), &tls::log_keys);
}

SSLContext create_default_context(Purpose purpose, const std::string& cafile, const std::string& capath,
                                  std::string_view cadata) {
  SSLContext context(purpose == Purpose::SERVER_AUTH ? PROTOCOL_TLS_CLIENT : PROTOCOL_TLS_SERVER);
  if (!cafile.empty() || !capath.empty() || !cadata.empty()) {
    context.load_verify_locations(cafile, capath, cadata);
  } else if (purpose == Purpose::SERVER_AUTH) {
    context.load_default_certs();
  }
  return context;
}

}  // namespace loquat
