// server_state.h - what the connections of one Server share.
//
//   1. A Connection is in the list of the worker that runs it, from its first to its last line, so that stop() finds
//      it.
//   2. A Connection that is about to idle says so first and looks at `stopping` second; stop() the other way round. So
//      one of the two sees the other.
//
// Layer: http.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <string>

#include "http/exchange.h"
#include "loquat/fiber.h"
#include "loquat/http.h"
#include "loquat/sync.h"
#include "net/acceptor.h"

namespace loquat::http {

struct Server::State {
  // Of one worker; workers beyond the last slot share.
  struct Slot {
    ExchangePool exchanges;
    Mutex mutex;
    Connection* connections = nullptr;
  };

  State(Handler handler_, ServerOptions options_);

  Slot& slot() noexcept { return slots[worker() % slots.size()]; }
  void add(Slot& slot, Connection& connection);
  void remove(Slot& slot, Connection& connection) noexcept;
  // A line about an exception that a handler let out.
  void log(const Request& request, std::string_view what) const noexcept;
  // A line about an exception that came from where there is no request: a TLS handshake's callback.
  void log(std::string_view where, std::exception_ptr failure) const noexcept;

  Handler handler;
  ServerOptions options;
  codec::HttpLimits limits;
  std::string server_line;  // "Server: loquat\r\n" or empty
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> count{0};
  Event stopped;
  net::Acceptor acceptor;
  std::array<Slot, 64> slots;
};

// Throws std::invalid_argument for a header value that could break out of its line.
void check_value(std::string_view value);
// What an exception says; of one that is no std::exception, that.
std::string what_of(const std::exception_ptr& failure);

}  // namespace loquat::http
