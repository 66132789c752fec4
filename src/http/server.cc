#include <algorithm>
#include <mutex>

#include "codec/http1/write.h"
#include "codec/text/url.h"
#include "http/connection.h"
#include "loquat/fiber.h"
#include "loquat/http.h"
#include "net/closing.h"
#include "server/log_line.h"

namespace loquat::http {
namespace {

// Negative times become zero. write_timeout stays above it: as the socket's timeout, 0 would mean not to wait at all.
ServerOptions made_sane(ServerOptions options) {
  for (AnyDuration ServerOptions::*each : {&ServerOptions::header_timeout, &ServerOptions::idle_timeout,
                                           &ServerOptions::body_timeout, &ServerOptions::write_timeout})
    options.*each = std::max<Duration>(options.*each, Duration::zero());
  options.write_timeout = std::max<Duration>(options.write_timeout, Duration(1));
  return options;
}

codec::HttpLimits limits_of(const ServerOptions& options) {
  codec::HttpLimits limits;
  limits.head = options.max_head;
  limits.start_line = std::min(limits.start_line, options.max_head);
  limits.field_line = std::min(limits.field_line, options.max_head);
  limits.fields = options.max_headers;
  limits.body = static_cast<std::uint64_t>(-1) / 2;  // max_body limits Request::body(), not read_chunk()
  return limits;
}

std::string server_line_of(const ServerOptions& options) {
  if (options.server_name.empty()) return {};
  check_value(options.server_name);
  std::string line;
  codec::HttpWriter(line, 200).field("Server", options.server_name);
  return line.substr(line.find('\n') + 1);
}

}  // namespace

// --- Server::State -------------------------------------------------------------------------------------------------

Server::State::State(Handler handler_, ServerOptions options_)
    : handler(std::move(handler_)),
      options(made_sane(std::move(options_))),
      limits(limits_of(options)),
      server_line(server_line_of(options)),
      acceptor({"http", options.log, options.max_connections}) {}

void Server::State::add(Slot& slot, Connection& connection) {
  std::list<Connection*> one(1, &connection);
  connection.where_ = one.begin();
  const sched::SpinGuard guard(slot.lock);
  slot.busy.splice(slot.busy.end(), one);
  ++count;
}

void Server::State::remove(Slot& slot, Connection& connection) noexcept {
  const CancelShield shield;
  {
    std::list<Connection*> one;
    const std::lock_guard ending(slot.ending);
    const sched::SpinGuard guard(slot.lock);
    one.splice(one.end(), connection.listed_idle_ ? slot.idle : slot.busy, connection.where_);
  }
  --count;
}

bool Server::State::set_idle(Slot& slot, Connection& connection) noexcept {
  const sched::SpinGuard guard(slot.lock);
  if (stopping) return false;
  slot.idle.splice(slot.idle.end(), connection.listed_idle_ ? slot.idle : slot.busy, connection.where_);
  connection.listed_idle_ = true;
  connection.idle_ = true;
  return true;
}

// It counts as busy at once, so that the next call ends another one.
bool Server::State::close_idle(Slot& slot) noexcept {
  const std::lock_guard ending(slot.ending);
  Connection* longest = nullptr;
  {
    const sched::SpinGuard guard(slot.lock);
    while (!slot.idle.empty() && longest == nullptr) {
      Connection& first = *slot.idle.front();
      slot.busy.splice(slot.busy.end(), slot.idle, first.where_);
      first.listed_idle_ = false;
      if (first.idle_.exchange(false)) longest = &first;
    }
  }
  if (longest != nullptr) net::shutdown_quietly(longest->socket(), SHUT_RD);
  return longest != nullptr;
}

void Server::State::log(const Request& request, std::string_view what) const noexcept {
  server::write_line(options.log, LogLevel::error, {"http: ", request.method(), " ", request.path(), ": ", what});
}

void Server::State::log(std::string_view where, std::exception_ptr failure) const noexcept {
  server::write_line(options.log, LogLevel::error, {"http: ", where, ": ", server::what_of(failure)});
}

// --- Server --------------------------------------------------------------------------------------------------------

Server::Server(Handler handler, ServerOptions options)
    : state_(std::make_shared<State>(std::move(handler), std::move(options))) {}

Server::~Server() = default;

void Server::serve_connection(Socket& socket, std::string already_read, const Address* client) {
  const std::shared_ptr<State> state = state_;
  Connection(*state, socket, client).run(std::move(already_read));
}

const ServerOptions& Server::options() const noexcept { return state_->options; }

std::size_t Server::connections() const noexcept { return state_->count; }

void Server::serve(Socket& listener) {
  const std::shared_ptr<State> state = state_;
  const State::Presence presence(*state);
  state->acceptor.serve(listener, [state](server::Acceptor::Connection connection, const Address&) {
    spawn([state, coming = State::Presence(*state), connection = std::move(connection)]() mutable {
      Connection(*state, connection.socket).run({});
    });
  });
}

void Server::stop() noexcept {
  const CancelShield shield;
  state_->stopping = true;
  state_->acceptor.stop();
  for (State::Slot& slot : state_->slots) {
    while (state_->close_idle(slot)) {
    }
  }
  if (state_->present == 0) state_->stopped.set();
}

bool Server::close_idle() noexcept {
  const CancelShield shield;
  const std::size_t first = worker();
  for (std::size_t i = 0; i < state_->slots.size(); ++i) {
    if (state_->close_idle(state_->slots[(first + i) % state_->slots.size()])) return true;
  }
  return false;
}

bool Server::wait_stopped(AnyDuration timeout) { return state_->stopped.wait_for(timeout); }

// --- Free functions ------------------------------------------------------------------------------------------------

void serve(Socket listener, Handler handler, ServerOptions options) {
  Server(std::move(handler), std::move(options)).serve(listener);
}

void serve(std::vector<Socket> listeners, Handler handler, ServerOptions options) {
  Server all(std::move(handler), std::move(options));
  server::serve_each(listeners, [&all](Socket& listener) { all.serve(listener); });
}

Error::Error(int status, std::string text)
    : std::runtime_error(text.empty() ? std::string(codec::http_reason(status)) : text),
      status_(status),
      text_(std::move(text)) {}

std::string_view reason_phrase(int status) noexcept {
  const std::string_view reason = codec::http_reason(status);
  return reason == "Unknown" ? std::string_view() : reason;
}

std::optional<std::string> unquote(std::string_view text) { return codec::percent_decode(text); }

}  // namespace loquat::http
