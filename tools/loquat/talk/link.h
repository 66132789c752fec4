// link.h - how two talkers find each other: one listens, the other calls.
//
//   Errors    std::runtime_error with a sentence for the user if listening or calling failed; else OSError.
//   Waiting   In fibers. close() ends a next() in another fiber.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "../tls_end.h"
#include "loquat/address.h"
#include "loquat/socket.h"

namespace loquat::tool {

// A socket that is connected with the other talker, by TLS or without.
struct Link {
  std::unique_ptr<Socket> socket;
  std::string who;  // for the user: the address, or a local process
};

struct LinkOptions {
  bool datagrams = false;
  const TlsEnd* tls = nullptr;  // outlives the calls
  bool whole = false;           // a TLS stream that ends without saying so is an error
};

// Calls HOST:PORT, :PORT (this machine) or unix:PATH.
Link call(const std::string& where, const LinkOptions& options);

// Waits for callers, one after the other; those of a stream queue meanwhile, those of UDP are refused.
class Callers {
 public:
  virtual ~Callers() = default;
  // The next caller, who is there alone until the link's socket is closed. Throws OSError(EBADF) after close().
  virtual Link next() = 0;
  // No more callers. Those who wait are refused.
  virtual void close() noexcept = 0;
  virtual Address address() const = 0;
};

// `complain` is told of callers who failed to speak TLS.
std::unique_ptr<Callers> listen(const std::string& where, const LinkOptions& options,
                                std::function<void(const std::string&)> complain);

}  // namespace loquat::tool
