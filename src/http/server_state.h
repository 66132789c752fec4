// server_state.h - what the connections of one Server share.
//
//   1. A Connection is in the list of its worker from construction to destruction, so stop() finds it.
//   2. A Connection that becomes idle first sets its flag, then reads `stopping`; stop() sets `stopping`, then reads
//      the flags. So at least one of them sees the other.
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
  // One per worker; workers beyond the last slot share.
  struct Slot {
    ExchangePool exchanges;
    Mutex mutex;
    Connection* connections = nullptr;
  };

  State(Handler handler_, ServerOptions options_);

  Slot& slot() noexcept { return slots[worker() % slots.size()]; }
  void add(Slot& slot, Connection& connection);
  void remove(Slot& slot, Connection& connection) noexcept;
  // Logs an exception of a handler.
  void log(const Request& request, std::string_view what) const noexcept;
  // Logs an exception outside of any request, such as one of a TLS callback.
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

// Throws std::invalid_argument for a header value with control characters, which could end its line.
void check_value(std::string_view value);
// The text of an exception, or a sentence if it is no std::exception.
std::string what_of(const std::exception_ptr& failure);

}  // namespace loquat::http
