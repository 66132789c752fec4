// link.h - connections for a talk: one side listens, the other calls.
//
//   Errors    std::runtime_error with a message for the user if call() or listen() fails; OSError otherwise.
//   Waiting   In fibers. close() wakes a fiber in accept().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../tls_end.h"
#include "loquat/address.h"
#include "loquat/socket.h"

namespace loquat::tool {

// A connected socket, with or without TLS.
struct Link {
  std::unique_ptr<Socket> socket;
  std::string peer_name;  // to show to the user: an address, or a local process
};

struct LinkOptions {
  bool datagrams = false;
  const TlsEnd* tls = nullptr;        // must outlive the calls and the listener
  bool require_close_notify = false;  // see tls_end.h
};

// Calls HOST:PORT, :PORT (this machine) or unix:PATH.
Link call(const std::string& where, const LinkOptions& options);

// Accepts one caller at a time. Meanwhile other callers wait in the queue; with UDP they are refused.
class TalkListener {
 public:
  virtual ~TalkListener() = default;
  // Returns the next caller's link. Close its socket before the next call. Throws OSError(EBADF) after close().
  virtual Link accept() = 0;
  // Stops listening. Callers in the queue are refused.
  virtual void close() noexcept = 0;
  virtual Address address() const = 0;
};

// Calls `report` with a message for each caller whose TLS handshake fails.
std::unique_ptr<TalkListener> listen(const std::string& where, const LinkOptions& options,
                                     std::function<void(const std::string&)> report);

}  // namespace loquat::tool
