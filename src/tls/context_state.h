// context_state.h - what the copies of an SSLContext share.
//
// Layer: tls.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "loquat/tls.h"

namespace loquat::tls {

struct ContextState {
  struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  std::unique_ptr<SSL_CTX, Free> context;
  Protocol protocol = PROTOCOL_TLS_CLIENT;
  bool check_hostname = false;
  std::string alpn;                                                  // as on the wire: each name after its length
  std::function<std::optional<SSLContext>(const std::string&)> sni;  // called outside of OpenSSL (client_hello.h)
  std::uint64_t sessions = 0;  // marks sessions that may be resumed; differs for each context and after each change
  std::mutex keylog_mutex;
  std::string keylog_path;
};

ContextState& state_of(const SSL_CTX* context);

// Throws SSLError with the error in OpenSSL's queue, and empties the queue.
[[noreturn]] void throw_queued(OSError::Context context);

}  // namespace loquat::tls
