#include "tls/tls_filter.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <stdexcept>

#include "base/c_string.h"
#include "loquat/fiber.h"
#include "loquat/timeout.h"
#include "net/lookup.h"
#include "sys/kernel.h"
#include "tls/certificate.h"
#include "tls/client_hello.h"

namespace loquat::tls {

using sys::OpKind;

namespace {

constexpr int known_receiving = MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC;
// MSG_NOSIGNAL and MSG_MORE need no action: no signal is ever raised, and records decide when bytes leave.
constexpr int known_sending = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE;
constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;  // 16 KiB, RFC 8446 s.5.1

// The name as in certificates and SNI: without a trailing dot, and an address without its zone ("fe80::1%eth0"). With a
// leading dot OpenSSL would accept any host below it. Source: X509_check_host(3).
std::string plain_name(const std::string& given) {
  refuse_nul(given, "wrap_socket", "server_hostname");
  const std::string address = given.substr(0, given.find('%'));
  if (net::is_ip_literal(address)) return address;
  const std::string name = given.ends_with('.') ? given.substr(0, given.size() - 1) : given;
  if (name.empty() || name.front() == '.' || std::any_of(name.begin(), name.end(), is_never_in_a_name))
    throw std::invalid_argument("wrap_socket: '" + given +
                                "' is no host name (an international one: in ASCII, xn--...)");
  return name;
}

// Sets the name that the peer's certificate must have, and sends it by SNI unless it is a literal (RFC 6066 s.3).
void set_server_name(SSL* ssl, const std::string& given, bool check) {
  const std::string name = plain_name(given);
  const bool literal = net::is_ip_literal(name);
  bool good = literal || SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  if (check && literal) good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  if (check && !literal) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good = good && SSL_set1_host(ssl, name.c_str()) == 1;
  }
  if (!good) throw std::invalid_argument("wrap_socket: '" + name + "' is no host name");
}

// Marks a client's sessions with the context and, if names are checked, with the server's name. A resumed session shows
// no certificate, so it must not be used where other checks apply than when it was made.
void set_session(SSL* ssl, const ContextState& context, const WrapOptions& options) {
  const std::string scope = std::to_string(context.sessions) + (context.check_hostname ? options.server_hostname : "");
  unsigned char mark[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(scope.data(), scope.size(), mark, &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  SSL_set_session_id_context(ssl, mark, size);
  if (!options.session) return;
  unsigned theirs = 0;
  const unsigned char* of_session = SSL_SESSION_get0_id_context(options.session.get(), &theirs);
  if (std::equal(mark, mark + size, of_session, of_session + theirs)) SSL_set_session(ssl, options.session.get());
}

// Records a rejected certificate, and does not change the verification. The X509_STORE_CTX leads to its SSL.
int note_refusal(int good, X509_STORE_CTX* verification) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const X509* certificate = X509_STORE_CTX_get0_cert(verification);
  if (good == 0 && certificate != nullptr) static_cast<TlsFilter*>(SSL_get_app_data(ssl))->refuse(*certificate);
  return good;
}

void check_flags(int flags, int known) {
  if ((flags & ~known) != 0) throw_oserror(EOPNOTSUPP, {"flags of a TLS socket's call", {}, {}, 0});
}

}  // namespace

TlsFilter::TlsFilter(net::Descriptor& descriptor, std::shared_ptr<ContextState> context, WrapOptions options)
    : descriptor_(descriptor),
      context_(std::move(context)),
      options_(std::move(options)),
      bio_(descriptor, std::exchange(options_.already_read, {})),
      ssl_(SSL_new(context_->context.get())) {
  if (!ssl_) throw std::bad_alloc();
  BIO* bio = bio_.make();
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), &note_refusal);
  if (options_.server_side) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  if (!options_.server_hostname.empty())
    set_server_name(ssl_.get(), options_.server_hostname, context_->check_hostname);
  set_session(ssl_.get(), *context_, options_);
}

std::unique_ptr<net::Filter> TlsFilter::for_accepted(net::Descriptor& accepted) {
  WrapOptions options = options_;
  options.do_handshake_on_connect = false;
  return std::make_unique<TlsFilter>(accepted, context_, std::move(options));
}

void TlsFilter::refuse(const X509& certificate) noexcept {
  try {
    refused_ = describe(certificate).fingerprint;
  } catch (...) {
    // The rejection does not depend on it, and no exception may pass through OpenSSL.
  }
}

// --- steps, and the waits between them -----------------------------------------------------------------------------

// Makes one call into OpenSSL. `call` returns its result.
template <class F>
TlsFilter::Step TlsFilter::step(F call) noexcept {
  const std::lock_guard lock(mutex_);
  ERR_clear_error();
  bio_.begin_step();
  Step step;
  const int result = call(ssl_.get());
  if (result <= 0) {
    step.error = SSL_get_error(ssl_.get(), result);
    step.code = ERR_peek_last_error();
    step.verified = SSL_get_verify_result(ssl_.get());
    failed_ = failed_ || step.error == SSL_ERROR_SSL || step.error == SSL_ERROR_SYSCALL;
    ERR_clear_error();
  }
  if (bio_.has_unsent()) bio_.flush();
  if (step.error == SSL_ERROR_WANT_READ) bio_.release();
  return step;
}

bool TlsFilter::wait(Call& call, OpKind what, int flags) {
  sys::Operation waiting(what, flags & MSG_DONTWAIT);
  const std::int64_t result = call.perform(waiting);
  if (result >= 0) return true;
  if (result == -EAGAIN || (result == -ETIMEDOUT && waiting.result != -ETIMEDOUT)) return false;
  descriptor_.fail(result, call.name());
}

// Waits after SSL_ERROR_WANT_READ. False: past the deadline.
bool TlsFilter::wait_for_input(Call& call, int flags) {
  const auto [congested, rests] = ask([this](SSL*) { return std::pair(bio_.too_much_unsent(), bio_.rests()); });
  if (congested) return wait(call, OpKind::wait_out, flags);
  if (rests) sleep(Duration::zero());
  return wait(call, OpKind::wait_in, flags);
}

void TlsFilter::wait_for_input_or_throw(Call& call, int flags) {
  if (wait_for_input(call, flags)) return;
  throw_timeout(call, ask([this](SSL*) { return bio_.too_much_unsent(); }) ? OpKind::wait_out : OpKind::wait_in, 0);
}

// Throws for a deadline that has passed, or a timeout of 0.
void TlsFilter::throw_timeout(const Call& call, OpKind what, std::size_t done) {
  if (call.deadline() != never && !call.never_waits()) descriptor_.fail(-ETIMEDOUT, call.name(), done);
  OSError::Context where = descriptor_.context(call.name(), done);
  if (what == OpKind::wait_in) throw SSLWantReadError(std::move(where), "the operation did not complete (read)");
  throw SSLWantWriteError(std::move(where), "the operation did not complete (write)");
}

// Whether the connection ended without close_notify.
bool TlsFilter::ragged_end(const Step& step) const noexcept {
  return step.error == SSL_ERROR_SSL && ERR_GET_REASON(step.code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

void TlsFilter::fail(const Call& call, const Step& step, std::size_t done) {
  OSError::Context where = descriptor_.context(call.name(), done);
  const int error = ask([&](SSL*) { return bio_.in_error(); });
  if (step.error == SSL_ERROR_SYSCALL && error != 0) throw_oserror(error, std::move(where));
  if (ragged_end(step)) throw SSLEOFError(std::move(where), "the peer has gone in the middle of TLS");
  if (step.error == SSL_ERROR_ZERO_RETURN)
    throw SSLZeroReturnError(std::move(where), "the peer has closed the TLS connection");
  if (ERR_GET_REASON(step.code) == SSL_R_PROTOCOL_IS_SHUTDOWN) throw_oserror(EPIPE, std::move(where));
  if (step.verified != X509_V_OK && ERR_GET_REASON(step.code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    throw SSLCertVerificationError(std::move(where), static_cast<int>(step.verified),
                                   X509_verify_cert_error_string(step.verified), refused_);
  }
  const char* reason = ERR_reason_error_string(step.code);
  throw SSLError(std::move(where), reason != nullptr ? reason : "a failure that OpenSSL does not explain");
}

// Sends the unsent bytes, or finds that the peer takes none. False: past the deadline.
bool TlsFilter::settle(Call& call, int flags) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (bio_.has_unsent()) bio_.flush();
      if (!bio_.has_unsent()) return true;
    }
    if (!wait(call, OpKind::wait_out, flags)) return false;
  }
}

bool TlsFilter::flush(Call& call, int flags, std::size_t done) {
  if (!settle(call, flags)) return false;
  const int error = ask([&](SSL*) { return bio_.out_error(); });
  if (error != 0) descriptor_.fail(-error, call.name(), done);
  return true;
}

// A listening socket accepts connections, and makes no handshake itself.
bool TlsFilter::listens() const noexcept {
  int value = 0;
  socklen_t size = sizeof(value);
  const int fd = descriptor_.handle().number;
  return descriptor_.world().getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

// --- the handshake -------------------------------------------------------------------------------------------------

void TlsFilter::handshake(Call& call) {
  if (handshaken()) return;
  if (listens()) descriptor_.fail(-ENOTCONN, call.name());
  if (!try_handshake(call)) throw_timeout(call, OpKind::wait_in, 0);
}

// False: past the deadline.
bool TlsFilter::try_handshake(Call& call) {
  const Duration left = call.never_waits()         ? Duration::zero()
                        : call.deadline() == never ? Duration::max()
                                                   : std::max(call.deadline() - now(), Duration::zero());
  if (!turn_.acquire_for(left)) return handshaken();
  struct End {
    Semaphore& turn;
    ~End() { turn.release(); }
  } end{turn_};
  while (!handshaken()) {
    const Step done = step([](SSL* ssl) { return SSL_do_handshake(ssl); });
    if (done.error == SSL_ERROR_WANT_CLIENT_HELLO_CB) {
      choose_context();
      continue;
    }
    if (done.error != SSL_ERROR_NONE && done.error != SSL_ERROR_WANT_READ) fail(call, done, 0);
    if (!settle(call, 0)) return false;
    if (done.error == SSL_ERROR_NONE) {
      handshaken_.store(true, std::memory_order_release);
    } else if (!wait_for_input(call, 0)) {
      return false;
    }
  }
  return true;
}

// After a HelloRetryRequest there is a second ClientHello, for which the choice of the first stands.
int TlsFilter::on_client_hello(int* alert) noexcept {
  if (hello_ == Hello::refused) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (hello_ == Hello::answered) return SSL_CLIENT_HELLO_SUCCESS;
  try {
    std::optional<std::string> name = server_name_of(ssl_.get());
    if (!name) {
      *alert = SSL_AD_UNRECOGNIZED_NAME;
      return SSL_CLIENT_HELLO_ERROR;
    }
    requested_name_ = std::move(*name);
  } catch (const std::bad_alloc&) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
  hello_ = context_->sni ? Hello::to_be_answered : Hello::answered;
  return context_->sni ? SSL_CLIENT_HELLO_RETRY : SSL_CLIENT_HELLO_SUCCESS;
}

// If the user's callback throws, the client gets an alert, and the exception goes on.
void TlsFilter::choose_context() {
  try {
    std::optional<SSLContext> chosen = context_->sni(requested_name_);
    if (chosen && (chosen->native() == nullptr || state_of(chosen->native()).protocol != PROTOCOL_TLS_SERVER))
      throw std::invalid_argument("the SNI callback: the context is not for servers");
    const std::lock_guard lock(mutex_);
    if (chosen) adopt(ssl_.get(), chosen->native());
    chosen_ = std::move(chosen);
    hello_ = Hello::answered;
  } catch (...) {
    hello_ = Hello::refused;
    step([](SSL* ssl) { return SSL_do_handshake(ssl); });
    throw;
  }
}

// --- bytes ---------------------------------------------------------------------------------------------------------

std::size_t TlsFilter::recv_into(Call& call, std::span<std::byte> buffer, int flags) {
  check_flags(flags, (flags & MSG_PEEK) != 0 ? known_receiving : known_receiving | MSG_WAITALL);
  std::size_t done = recv_once(call, buffer, flags);
  if ((flags & MSG_WAITALL) == 0 || (flags & MSG_DONTWAIT) != 0 || call.never_waits()) return done;
  // Received bytes are returned even if an error follows them; the next call meets the error again.
  try {
    for (std::size_t size = done; size != 0 && done < buffer.size(); done += size) {
      size = recv_once(call, buffer.subspan(done), flags);
    }
  } catch (const OSError&) {
  } catch (const TimedOut&) {
  } catch (const Cancelled&) {
    sched::Worker::current()->cancel(sched::Worker::current()->task());  // at the next wait
  }
  return done;
}

std::size_t TlsFilter::recv_once(Call& call, std::span<std::byte> buffer, int flags) {
  handshake(call);
  const auto read = (flags & MSG_PEEK) != 0 ? &SSL_peek_ex : &SSL_read_ex;
  for (std::size_t size = 0;;) {
    const Step done = step([&](SSL* ssl) { return read(ssl, buffer.data(), buffer.size(), &size); });
    if (done.error == SSL_ERROR_NONE) {
      sched::spend_slice();
      return size;
    }
    if (done.error == SSL_ERROR_ZERO_RETURN) return 0;
    if (ragged_end(done) && options_.suppress_ragged_eofs) return 0;
    if (done.error != SSL_ERROR_WANT_READ) fail(call, done, 0);
    wait_for_input_or_throw(call, flags);
  }
}

// Passes one record to the kernel. False: part of it is still unsent at the deadline.
bool TlsFilter::send_record(Call& call, std::string_view data, int flags, std::size_t done) {
  std::size_t taken = 0;
  const Step sent = step([&](SSL* ssl) { return SSL_write_ex(ssl, data.data(), data.size(), &taken); });
  if (sent.error != SSL_ERROR_NONE) fail(call, sent, done);
  sched::spend_slice();
  return flush(call, flags, done);
}

std::size_t TlsFilter::send(Call& call, std::string_view data, int flags) {
  check_flags(flags, known_sending);
  handshake(call);
  if (data.empty()) return 0;
  if (!flush(call, flags, 0)) throw_timeout(call, OpKind::wait_out, 0);
  data = data.substr(0, record_size);
  send_record(call, data, flags, 0);  // the next call sends what is left of the record
  return data.size();
}

void TlsFilter::sendall(Call& call, std::span<const std::string_view> pieces, int flags) {
  check_flags(flags, known_sending);
  handshake(call);
  if (!flush(call, flags, 0)) throw_timeout(call, OpKind::wait_out, 0);
  std::string gathered;  // small pieces, for one record
  std::size_t done = 0;
  auto send_whole = [&](std::string_view record) {
    // A peer that keeps taking bytes must not keep the call past its deadline.
    if (done != 0 && call.deadline() != never && now() >= call.deadline()) throw_timeout(call, OpKind::wait_out, done);
    if (!send_record(call, record, flags, done)) throw_timeout(call, OpKind::wait_out, done);
    done += record.size();
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::string_view rest = pieces[i]; !rest.empty();) {
      const bool alone = gathered.empty() && (rest.size() >= record_size || i + 1 == pieces.size());
      const std::string_view part = rest.substr(0, record_size - gathered.size());
      rest.remove_prefix(part.size());
      if (alone) {
        send_whole(part);
        continue;
      }
      gathered.append(part);
      if (gathered.size() < record_size) continue;
      send_whole(gathered);
      gathered.clear();
    }
  }
  if (!gathered.empty()) send_whole(gathered);
}

bool TlsFilter::wait_readable(Call& call) {
  if (!handshaken() && listens()) return wait(call, OpKind::wait_in, 0);
  if (!handshaken() && !try_handshake(call)) return false;
  for (;;) {
    char byte;
    std::size_t size = 0;
    const Step done = step([&](SSL* ssl) { return SSL_peek_ex(ssl, &byte, 1, &size); });
    if (done.error != SSL_ERROR_WANT_READ) {  // recv() says what it is
      sched::spend_slice();
      return true;
    }
    if (!wait_for_input(call, 0)) return false;
  }
}

bool TlsFilter::wait_writable(Call& call) {
  const bool ready = handshaken() || listens() || try_handshake(call);
  return ready && flush(call, 0, 0) && wait(call, OpKind::wait_out, 0);
}

// --- the end -------------------------------------------------------------------------------------------------------

void TlsFilter::send_close_notify() noexcept {
  if (!handshaken()) return;
  step([this](SSL* ssl) {
    const bool said = (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0;
    return failed_ || said ? 1 : SSL_shutdown(ssl) + 1;  // 0: the peer has not answered yet
  });
}

void TlsFilter::shutdown(int how) {
  if (how == SHUT_WR) {
    Call call(descriptor_, net::Direction::out, "shutdown");
    send_close_notify();
    if (!flush(call, 0, 0)) throw_timeout(call, OpKind::wait_out, 0);
  } else if (how == SHUT_RDWR) {
    send_close_notify();
  } else {
    // The end that is read now is our own wish: OpenSSL would send the peer a fatal alert.
    step([](SSL* ssl) { return SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF) != 0 ? 1 : 0; });
  }
  const int result = descriptor_.world().shutdown(descriptor_.number("shutdown"), how);
  if (result < 0) descriptor_.fail(result, "shutdown");
}

void TlsFilter::unwrap(Call& call) {
  handshake(call);
  send_close_notify();
  if (!flush(call, 0, 0)) throw_timeout(call, OpKind::wait_out, 0);
  for (;;) {
    char byte;
    std::size_t size = 0;
    const Step done = step([&](SSL* ssl) { return SSL_peek_ex(ssl, &byte, 1, &size); });
    if (done.error == SSL_ERROR_ZERO_RETURN) break;
    if (done.error == SSL_ERROR_NONE)
      throw SSLError(descriptor_.context(call.name()), "there is still something to receive");
    if (done.error != SSL_ERROR_WANT_READ) fail(call, done, 0);
    wait_for_input_or_throw(call, 0);
  }
  if (ask([this](SSL*) { return bio_.unread(); }) != 0)
    throw SSLError(descriptor_.context(call.name()), "plain bytes came along with the peer's close_notify");
}

}  // namespace loquat::tls
