#include "http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "codec/http1/write.h"
#include "loquat/fiber.h"
#include "loquat/timeout.h"
#include "net/closing.h"
#include "net/descriptor.h"
#include "net/idle.h"
#include "server/handshake.h"
#include "server/log_line.h"

namespace loquat::http {
namespace {

constexpr std::size_t flush_at = 64 * 1024;  // bytes of gathered responses
constexpr unsigned char busy_turns = 32;     // requests in a row before other fibers run

// Responses must not wait for the client's acknowledgements (Nagle).
void set_nodelay(Socket& socket) noexcept {
  try {
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  } catch (const OSError&) {
    // A Unix socket.
  }
}

}  // namespace

Connection::Connection(Server::State& server, Socket& socket, const Address* client)
    : server_(server), presence_(server), slot_(server.slot()), socket_(socket), told_client_(client) {
  server_.add(slot_, *this);
}

Connection::~Connection() {
  release();
  server_.remove(slot_, *this);
}

void Connection::run(std::string already_read) {
  const net::CloseOnExit close(socket_);
  set_nodelay(socket_);
  try {
    socket_.settimeout(server_.options.write_timeout);
    if (already_read.empty() && !shake_hands()) return;
    if (!already_read.empty()) {
      fresh_ = false;
      take_exchange();
      exchange_->input.assign(already_read);
      std::string().swap(already_read);
    }
    while (next_request()) {
    }
  } catch (const OSError&) {
    // The client disconnected, does not read its response, or failed the TLS handshake.
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    server_.log("a connection", std::current_exception());
  }
}

// Waits for the handshake on a socket with TLS (or another filter, net/filter.h). It counts as idle, so stop() ends it.
// False: the connection is to be closed.
bool Connection::shake_hands() {
  if (!is_filtered()) return true;
  const Idle idle(*this);
  if (idle) fresh_ = false;
  return server::shake_hands(socket_, server_.options.header_timeout);
}

bool Connection::is_filtered() const { return net::Descriptor::of(socket_, "serve").filter() != nullptr; }

// Handles one request. False: the connection is to be closed.
bool Connection::next_request() {
  if (exchange_ == nullptr) {
    if (!wait_idle()) return false;
    take_exchange();
    busy_turns_ = 0;
    if (receive_more(Duration::zero()) != Got::bytes) return false;
  } else if (++busy_turns_ == busy_turns) {
    busy_turns_ = 0;
    sleep(Duration::zero());
  }
  if (!read_head()) return false;
  handle();
  if (!turn_.keep_alive) {
    end_gracefully();
    return false;
  }
  if (exchange_->input.empty()) {
    flush();
    release();
  } else if (exchange_->output.size() >= flush_at) {
    flush();
  }
  return true;
}

// The client of a fresh connection may have sent its request already. After a handshake it had no chance to, so it gets
// the time for a head.
bool Connection::wait_idle() {
  const Idle idle(*this);
  if (idle) {
    fresh_ = false;
    return net::wait_readable_idle(socket_, server_.options.idle_timeout);
  }
  return std::exchange(fresh_, false) &&
         socket_.wait_readable(is_filtered() ? Duration(server_.options.header_timeout) : Duration::zero());
}

void Connection::take_exchange() { exchange_ = slot_.exchanges.acquire(server_.limits); }

void Connection::release() noexcept { slot_.exchanges.release(std::exchange(exchange_, nullptr)); }

// With a timeout of zero the socket is known to be readable.
Connection::Got Connection::receive_more(Duration timeout) {
  if (!exchange_->output.empty()) flush();
  if (timeout != Duration::zero() && !socket_.wait_readable(timeout)) return Got::timeout;
  try {
    const std::size_t size = socket_.recv_into(exchange_->input.room());
    exchange_->input.received(size);
    return size == 0 ? Got::end : Got::bytes;
  } catch (...) {
    lost_ = true;
    throw;
  }
}

// Reads up to the end of the next head. False: the connection is to be closed.
bool Connection::read_head() {
  TimePoint deadline = never;
  for (;;) {
    const codec::HttpStep step = exchange_->parser.feed(exchange_->input.view());
    exchange_->input.consume(step.consumed);
    if (step.event == codec::HttpEvent::head) return true;
    if (step.event == codec::HttpEvent::error) return refuse(step.status, step.reason);
    const bool between = exchange_->parser.idle();
    if (between && server_.stopping) return false;
    if (deadline == never) deadline = deadline_after(now(), server_.options.header_timeout);
    const Got got = receive_more(std::max(deadline - now(), Duration(1)));
    if (got == Got::end) return false;
    if (got == Got::timeout) return between ? false : refuse(408, "the request did not come in time");
  }
}

bool Connection::refuse(int status, std::string_view reason) {
  begin_turn();
  turn_.body_broken = true;
  send_error(Error(status, std::string(reason)));
  end_gracefully();
  return false;
}

void Connection::begin_turn() {
  turn_ = Turn{};
  turn_.budget = server_.options.body_timeout;
  exchange_->fields.clear();
  exchange_->content_type = "text/plain; charset=utf-8";
  const codec::HttpRequest& head = exchange_->parser.request();
  turn_.continue_due = head.expects_continue() && head.body() != codec::HttpBody::none;
  turn_.bodiless = head.method() == "HEAD";
}

// Runs the handler for one request. Then turn_.keep_alive says whether another request may follow.
void Connection::handle() {
  begin_turn();
  if (exchange_->parser.request().body() == codec::HttpBody::none) feed_body();
  call_handler();
  if (websocket_ != nullptr || lost_) turn_.keep_alive = false;
  if (turn_.keep_alive && !turn_.body_done && !skip_body()) turn_.keep_alive = false;
}

void Connection::call_handler() {
  std::exception_ptr failure;
  try {
    Request request(*this);
    Response response(*this);
    server_.handler(request, response);
    if (!turn_.started) {
      send({});
    } else if (!turn_.finished) {
      finish();
    }
  } catch (const TimedOut& e) {
    if (sched::is_open(e)) throw;  // of a block around the server
    failure = sched::failure_of(e);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) fail(std::move(failure));
  if (websocket_ != nullptr) websocket_->finish(1000);
}

// Sends the response to an exception of the handler, if none has started.
void Connection::fail(std::exception_ptr failure) {
  Error answer(500);
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    answer = error;
    if (error.status() < 200 || error.status() > 599) answer.status_ = 500;  // it would be no final response
  } catch (...) {
    if (!lost_) report(failure);
  }
  if (lost_) return;
  if (websocket_ != nullptr) return websocket_->finish(1011);
  if (!turn_.started) return send_error(answer);
  // The response is incomplete, which only the end of the connection can tell the client.
  turn_.keep_alive = false;
  lost_ = true;
}

void Connection::report(std::exception_ptr failure) {
  const Request request(*this);
  try {
    if (server_.options.on_error) server_.options.on_error(request, failure);
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    server_.log("on_error", std::current_exception());
  }
  server_.log(request, server::what_of(failure));
}

void Connection::send_error(const Error& error) {
  exchange_->fields = error.fields_;
  exchange_->content_type = error.content_type_.value_or("text/plain; charset=utf-8");
  turn_.status = error.status();
  turn_.upgrade = error.upgrade_;
  if (error.content_type_) return send(error.text_);
  const std::string_view reason = codec::http_reason(error.status());
  std::string page = std::to_string(error.status());
  page += ' ';
  page.append(reason) += '\n';
  if (!error.text_.empty() && error.text_ != reason) page.append(error.text_) += '\n';
  send(page);
}

// Reads and drops the part of the body that the handler has not read. False if that is too much.
bool Connection::skip_body() {
  std::size_t skipped = 0;
  try {
    while (!turn_.body_done) {
      skipped += next_piece().size();
      if (skipped > server_.options.max_unread_body) return false;
    }
  } catch (const Error&) {
    turn_.body_broken = true;
  }
  return !turn_.body_broken;
}

// Closes so that the client can read what was sent.
void Connection::end_gracefully() {
  if (lost_) return;
  try {
    if (exchange_ == nullptr) take_exchange();
    flush();
    if (websocket_ != nullptr || turn_.body_broken || !turn_.body_done || !exchange_->input.empty())
      net::linger(socket_);
  } catch (const OSError&) {
    // The client has disconnected.
  }
}

}  // namespace loquat::http
