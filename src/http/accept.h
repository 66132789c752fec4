// accept.h - how serve() takes connections: within max_connections, and past whatever accept(2) can fail with.
//
// Layer: http.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "http/server_state.h"

namespace loquat::http {

// One of the max_connections, given back at the end. It also keeps the state alive for a connection's fiber.
struct Seat {
  // Waits for a free one.
  explicit Seat(std::shared_ptr<Server::State> state_) : state(std::move(state_)) { state->room.acquire(); }
  Seat(Seat&&) noexcept = default;
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (state) state->room.release();
  }
  std::shared_ptr<Server::State> state;
};

// While it lives, stop() closes the listener.
class Listening {
 public:
  Listening(Server::State& state, Socket& listener);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  Server::State& state_;
  Socket& listener_;
};

// Something has run out that a connection needs: waits a moment, and says so in the log if `failure` says what.
void wait_out_scarcity(const Server::State& state, std::exception_ptr failure);

// The next connection; nothing once the listener is closed. Waits while the process has no descriptor left.
std::optional<Socket> accept_one(const Server::State& state, Socket& listener);

// Answers must not wait for the client's acknowledgements (Nagle). Nothing for sockets that have no such option.
void set_nodelay(Socket& socket) noexcept;

}  // namespace loquat::http
