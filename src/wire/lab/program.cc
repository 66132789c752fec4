#include "wire/lab/program.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "wire/lab/lab.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

constexpr Duration patience = std::chrono::seconds(10);

}  // namespace

std::string_view python_name(const OSError& error) noexcept {
  if (dynamic_cast<const ConnectionRefusedError*>(&error)) return "ConnectionRefusedError";
  if (dynamic_cast<const ConnectionResetError*>(&error)) return "ConnectionResetError";
  if (dynamic_cast<const ConnectionAbortedError*>(&error)) return "ConnectionAbortedError";
  if (dynamic_cast<const BrokenPipeError*>(&error)) return "BrokenPipeError";
  if (dynamic_cast<const TimeoutError*>(&error)) return "TimeoutError";
  if (dynamic_cast<const BlockingIOError*>(&error)) return "BlockingIOError";
  if (dynamic_cast<const PermissionError*>(&error)) return "PermissionError";
  return "OSError";
}

Program::Program(Lab& lab, Side side, Socket socket, const AddressPair& addresses)
    : lab_(&lab), side_(side), socket_(std::move(socket)), addresses_(addresses) {}

void Program::tell(const Text& text) { lab_->act(side_, text, addresses_); }

void Program::tell(Duration at, const Text& text) { lab_->act(at, side_, text, addresses_); }

// For calls that send: their row comes before that of what they send.
Duration Program::before_call() {
  lab_->take();
  return lab_->story().elapsed();
}

int Program::failed(std::string_view call, const OSError& error) {
  error_ = error.errc();
  const std::string what = std::string(python_name(error)) + ": " + std::strerror(error_);
  tell(texts::call_raises(call, what));
  return error_;
}

int Program::connect() {
  tell({"connect()"});
  try {
    socket_.connect(side_ == Side::client ? addresses_.server : addresses_.client);
  } catch (const OSError& e) {
    return failed("connect()", e);
  }
  tell(texts::connect_returns);
  return error_ = 0;
}

std::string Program::recv(std::size_t size) {
  socket_.wait_readable(socket_.gettimeout().value_or(Duration::max()));
  const Duration at = before_call();  // recv() may send a window update
  std::string data;
  try {
    data = socket_.recv(size);
  } catch (const OSError& e) {
    failed("recv()", e);
    return data;
  }
  error_ = 0;
  tell(at, data.empty() ? Text(texts::recv_end_of_stream) : texts::recv_bytes(data.size()));
  return data;
}

int Program::sendall(std::string_view data) {
  const Text call = texts::sendall_bytes(data.size());
  tell(call);
  try {
    socket_.sendall(data);
  } catch (const OSError& e) {
    return failed(call.en, e);
  }
  return error_ = 0;
}

int Program::shutdown_write() {
  const Duration at = before_call();
  try {
    socket_.shutdown(SHUT_WR);
  } catch (const OSError& e) {
    return failed("shutdown(SHUT_WR)", e);
  }
  tell(at, {"shutdown(SHUT_WR)"});
  return error_ = 0;
}

void Program::close() {
  const Duration at = before_call();
  socket_.close();
  tell(at, {"close()"});
}

void Program::reset() {
  const Duration at = before_call();
  const linger abort{1, 0};
  socket_.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&abort), sizeof abort});
  socket_.close();
  tell(at, texts::close_with_linger);
}

void Program::vanish() {
  socket_.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1);
  socket_.close();
  lab_->act(side_, texts::program_vanishes, addresses_);
}

void Program::setsockopt(int level, int option, int value, std::string_view told) {
  const Duration at = before_call();
  socket_.setsockopt(level, option, value);
  tell(at, {"setsockopt(" + std::string(told) + ", " + std::to_string(value) + ")"});
}

Program Listener::accept() {
  if (!lab_->wait_until([&] { return socket_.wait_readable(Duration::zero()); }, patience))
    throw Stopped(texts::no_connection_to_accept);
  Address peer;
  Socket socket = socket_.accept(peer);
  const AddressPair pair{peer, socket.getsockname()};
  lab_->act(Side::server, texts::accept_returns, pair);
  return {*lab_, Side::server, std::move(socket), pair};
}

void Listener::close() {
  lab_->take();
  const Duration at = lab_->story().elapsed();
  socket_.close();
  lab_->act(at, Side::server, texts::closes_listener, lab_->addresses());
}

}  // namespace loquat::wire
