// server_state.h - what the connections of one Server share.
//
//   1. A Connection is in one list of its worker's slot from construction to destruction. While it is idle, that is
//      `idle`, where stop() and close_idle() find it.
//   2. stop() sets `stopping` before it looks at the lists, and no connection becomes idle once `stopping` is set. So
//      stop() ends every idle connection.
//   3. `present` counts who may still start a request: each serve(), and each connection as soon as it is accepted. The
//      last to go sets `stopped`. So a connection that stop() finds in a listener's queue is waited for.
//   4. A connection becomes busy without a lock, as every request does that. It stays in `idle` until it becomes idle
//      again or somebody who looks for an idle one meets it.
//
// Layer: http.
#pragma once

#include <array>
#include <atomic>
#include <exception>
#include <list>
#include <string>
#include <utility>

#include "http/exchange.h"
#include "loquat/fiber.h"
#include "loquat/http.h"
#include "loquat/sync.h"
#include "server/acceptor.h"

namespace loquat::http {

struct Server::State {
  // One per worker; workers beyond the last slot share.
  struct Slot {
    ExchangePool exchanges;
    Mutex ending;  // while it is held, no connection leaves the list; taken before `lock`
    sched::SpinLock lock;
    std::list<Connection*> busy, idle;  // guarded by `lock`; the longest idle first
  };

  // While it lives, wait_stopped() waits. The State must outlive it.
  class Presence {
   public:
    explicit Presence(State& state) noexcept : state_(&state) { ++state.present; }
    Presence(Presence&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    Presence& operator=(Presence&&) = delete;
    ~Presence() {
      if (state_ != nullptr && --state_->present == 0 && state_->stopping) state_->stopped.set();
    }

   private:
    State* state_;
  };

  State(Handler handler_, ServerOptions options_);

  Slot& slot() noexcept { return slots[worker() % slots.size()]; }
  void add(Slot& slot, Connection& connection);
  void remove(Slot& slot, Connection& connection) noexcept;
  // False if the server stops, so that the connection must not become idle.
  bool set_idle(Slot& slot, Connection& connection) noexcept;
  // Ends the connection of this slot that is idle the longest. False if none is idle.
  bool close_idle(Slot& slot) noexcept;
  // Logs an exception of a handler.
  void log(const Request& request, std::string_view what) const noexcept;
  // Logs an exception outside of any request, such as one of a TLS callback.
  void log(std::string_view where, std::exception_ptr failure) const noexcept;

  Handler handler;
  ServerOptions options;
  codec::HttpLimits limits;
  std::string server_line;  // "Server: loquat\r\n" or empty
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> count{0};    // connections
  std::atomic<std::size_t> present{0};  // see 3
  Event stopped;
  server::Acceptor acceptor;
  std::array<Slot, 64> slots;
};

// Throws std::invalid_argument for a header value with control characters, which could end its line.
void check_value(std::string_view value);

}  // namespace loquat::http
