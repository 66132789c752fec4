#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/server.h"
#include "server/acceptor.h"
#include "server/handshake.h"
#include "server/log_line.h"
#include "server/serving.h"

namespace loquat {

class StreamServer::State final : public server::Serving {
 public:
  State(const Address& address, std::vector<Socket> listeners, Handler handler, const StreamServerOptions& options)
      : Serving(options.name, options.log, options.max_connections),
        handler_(std::move(handler)),
        options_(options),
        given_(!listeners.empty()),
        address_(address),
        listeners_(std::move(listeners)) {}

  const Address& address() const noexcept { return address_; }

 private:
  void open() override;
  void serve() override;
  void refuse() noexcept override {
    for (Socket& listener : listeners_) listener.close();
  }
  void release() noexcept override {}
  void handle(Socket& connection, const Address& peer);

  const Handler handler_;
  const StreamServerOptions options_;
  const bool given_;  // the sockets are the user's, and are not made again
  Address address_;
  std::vector<Socket> listeners_;
};

void StreamServer::State::open() {
  if (!given_) {
    listeners_ = create_servers(address_, std::max<std::size_t>(workers(), 1), options_.backlog);
    address_ = listeners_[0].getsockname();
  } else if (listeners_[0].closed()) {
    throw std::logic_error("StreamServer::start: the sockets that it was given are closed");
  }
}

void StreamServer::State::serve() {
  server::Acceptor acceptor({name().c_str(), log()});
  server::serve_each(listeners_, [&](Socket& listener) {
    try {
      acceptor.serve(listener, [this](server::Acceptor::Connection accepted, const Address& from) {
        spawn_handler(from, [this, connection = std::move(accepted)](const Address& peer) mutable {
          handle(connection.socket, peer);
        });
      });
    } catch (const Cancelled&) {
      if (is_graceful()) {
        server::serve_queued(listener, [this](Socket accepted, const Address& from) {
          return try_spawn_handler(from, [this, connection = std::move(accepted)](const Address& peer) mutable {
            handle(connection, peer);
          });
        });
      }
      throw;
    }
    if (!closed()) throw_oserror(EBADF, {"accept", address_.str(), {}, 0});
  });
}

void StreamServer::State::handle(Socket& connection, const Address& peer) {
  try {
    if (!server::shake_hands(connection, options_.handshake_timeout))
      throw_oserror(ETIMEDOUT, {"do_handshake", {}, {}, 0});
  } catch (const OSError& error) {
    return server::write_line(log(), LogLevel::info, {name(), ": ", peer.str(), ": ", error.what()});
  }
  handler_(connection, peer);
}

namespace {

std::vector<Socket> one_listener(Socket listener) {
  std::vector<Socket> listeners;
  listeners.push_back(std::move(listener));
  return listeners;
}

Address first_address(const std::vector<Socket>& listeners) {
  if (listeners.empty()) throw std::invalid_argument("a StreamServer without a listening socket");
  return listeners[0].getsockname();
}

}  // namespace

StreamServer::StreamServer(const Address& address, Handler handler, StreamServerOptions options)
    : state_(std::make_unique<State>(address, std::vector<Socket>(), std::move(handler), options)) {}

StreamServer::StreamServer(std::vector<Socket> listeners, Handler handler, StreamServerOptions options) {
  const Address address = first_address(listeners);
  state_ = std::make_unique<State>(address, std::move(listeners), std::move(handler), options);
}

StreamServer::StreamServer(Socket listener, Handler handler, StreamServerOptions options)
    : StreamServer(one_listener(std::move(listener)), std::move(handler), options) {}

StreamServer::~StreamServer() {
  const CancelShield shield;
  state_->stop(Duration::zero());
}

void StreamServer::start() { state_->start(); }
void StreamServer::close() noexcept { state_->close(); }
bool StreamServer::stop(AnyDuration timeout) { return state_->stop(timeout); }
void StreamServer::serve_forever(AnyDuration stop_timeout) { state_->serve_forever(stop_timeout); }
Address StreamServer::address() const { return state_->address(); }
std::size_t StreamServer::connections() const noexcept { return state_->handlers(); }

}  // namespace loquat
