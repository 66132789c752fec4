// tls_filter.h - TLS between a Socket's calls and its descriptor.
//
//   1. Each call into OpenSSL is one step(): it holds mutex_, begins with an empty error queue, reads the error
//      afterwards, and never waits. Fibers wait between steps.
//   2. One fiber at a time makes the handshake (turn_). Others wait until it has ended, successful or not.
//   3. The user's SNI callback runs between two steps, so it may wait and throw like any code in a fiber.
//   4. Once OpenSSL has failed (failed_), all later steps fail, and no close_notify is sent.
//
// Layer: tls.  Source: SSL_get_error(3), SSL_shutdown(3).
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "loquat/sync.h"
#include "net/filter.h"
#include "tls/context_state.h"
#include "tls/socket_bio.h"

namespace loquat::tls {

class TlsFilter final : public net::Filter {
 public:
  using Call = net::Descriptor::Call;

  TlsFilter(net::Descriptor& descriptor, std::shared_ptr<ContextState> context, WrapOptions options);

  std::unique_ptr<net::Filter> for_accepted(net::Descriptor& accepted) override;
  std::size_t recv_into(Call& call, std::span<std::byte> buffer, int flags) override;
  std::size_t send(Call& call, std::string_view data, int flags) override;
  void sendall(Call& call, std::span<const std::string_view> pieces, int flags) override;
  bool wait_readable(Call& call) override;
  bool wait_writable(Call& call) override;
  void shutdown(int how) override;
  void send_close_notify() noexcept override;

  void handshake(Call& call);
  // Exchanges close_notify. Throws if plain bytes followed the peer's.
  void unwrap(Call& call);

  // OpenSSL calls this inside a step when it has read the ClientHello. Returns SSL_CLIENT_HELLO_*.
  int on_client_hello(int* alert) noexcept;
  // OpenSSL's verification calls this inside a step when it rejects a certificate.
  void refuse(const X509& certificate) noexcept;

  // Calls question(SSL*) under the lock. It must not wait.
  template <class F>
  auto ask(F question) const {
    const std::lock_guard lock(mutex_);
    return question(ssl_.get());
  }
  bool handshaken() const noexcept { return handshaken_.load(std::memory_order_acquire); }
  const WrapOptions& options() const noexcept { return options_; }
  // On a server: the name that the client asks for. Call it inside ask().
  const std::string& requested_name() const noexcept { return requested_name_; }
  const std::shared_ptr<ContextState>& context() const noexcept { return context_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  // The outcome of a step.
  struct Step {
    int error = SSL_ERROR_NONE;  // SSL_ERROR_*
    unsigned long code = 0;      // from OpenSSL's error queue
    long verified = X509_V_OK;
  };

  template <class F>
  Step step(F call) noexcept;
  // False: past the deadline.
  bool wait(Call& call, sys::OpKind what, int flags);
  bool listens() const noexcept;
  bool settle(Call& call, int flags);
  bool flush(Call& call, int flags, std::size_t done);
  bool try_handshake(Call& call);
  void choose_context();
  bool wait_for_input(Call& call, int flags);
  void wait_for_input_or_throw(Call& call, int flags);
  std::size_t recv_once(Call& call, std::span<std::byte> buffer, int flags);
  bool send_record(Call& call, std::string_view data, int flags, std::size_t done);
  [[noreturn]] void fail(const Call& call, const Step& step, std::size_t done);
  [[noreturn]] void throw_timeout(const Call& call, sys::OpKind what, std::size_t done);
  bool ragged_end(const Step& step) const noexcept;

  net::Descriptor& descriptor_;
  const std::shared_ptr<ContextState> context_;
  enum class Hello : unsigned char { unheard, to_be_answered, answered, refused };

  std::string refused_;               // the fingerprint of a rejected certificate
  std::string requested_name_;        // by SNI
  std::optional<SSLContext> chosen_;  // kept alive: OpenSSL refers to a part of it only
  WrapOptions options_;
  mutable std::mutex mutex_;  // of bio_, ssl_ and what a step changes
  SocketBio bio_;
  std::unique_ptr<SSL, Free> ssl_;
  bool failed_ = false;
  Hello hello_ = Hello::unheard;
  Semaphore turn_{1};
  std::atomic<bool> handshaken_{false};
};

}  // namespace loquat::tls
