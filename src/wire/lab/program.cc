#include "wire/lab/program.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "wire/lab/lab.h"

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

void Program::tell(const std::string& en, const std::string& zh) { lab_->act(side_, {en, zh}, addresses_); }

int Program::failed(std::string_view call, const OSError& error) {
  error_ = error.errc();
  const std::string what = std::string(python_name(error)) + ": " + std::strerror(error_);
  tell(std::string(call) + " raises " + what, std::string(call) + " 抛出 " + what);
  return error_;
}

int Program::connect() {
  tell("connect()");
  try {
    socket_.connect(side_ == Side::client ? addresses_.server : addresses_.client);
  } catch (const OSError& e) {
    return failed("connect()", e);
  }
  tell("connect() returns", "connect() 返回");
  return error_ = 0;
}

std::string Program::recv(std::size_t size) {
  lab_->take();
  std::string data;
  try {
    data = socket_.recv(size);
  } catch (const OSError& e) {
    failed("recv()", e);
    return data;
  }
  error_ = 0;
  const std::string size_read = std::to_string(data.size());
  if (data.empty()) {
    tell("recv() = 0 bytes: end of stream", "recv() = 0 字节：流结束");
  } else {
    tell("recv() = " + size_read + " bytes", "recv() = " + size_read + " 字节");
  }
  return data;
}

int Program::sendall(std::string_view data) {
  const std::string call = "sendall(" + std::to_string(data.size()) + " bytes)";
  tell(call, "sendall(" + std::to_string(data.size()) + " 字节)");
  try {
    socket_.sendall(data);
  } catch (const OSError& e) {
    return failed(call, e);
  }
  return error_ = 0;
}

int Program::shutdown_write() {
  lab_->take();
  try {
    socket_.shutdown(SHUT_WR);
  } catch (const OSError& e) {
    return failed("shutdown(SHUT_WR)", e);
  }
  tell("shutdown(SHUT_WR)");
  return error_ = 0;
}

void Program::close() {
  lab_->take();
  socket_.close();
  tell("close()");
}

void Program::reset() {
  lab_->take();
  const linger abort{1, 0};
  socket_.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&abort), sizeof abort});
  socket_.close();
  tell("close() with SO_LINGER {on, 0}", "close()，SO_LINGER {on, 0}");
}

void Program::vanish() {
  socket_.setsockopt(IPPROTO_TCP, TCP_REPAIR, 1);
  socket_.close();
  lab_->act(side_,
            {"vanishes: its kernel forgets the connection and says nothing (TCP_REPAIR)",
             "消失：内核忘掉这个连接，什么也不发（TCP_REPAIR）"},
            addresses_);
}

void Program::setsockopt(int level, int option, int value, std::string_view told) {
  socket_.setsockopt(level, option, value);
  tell("setsockopt(" + std::string(told) + ", " + std::to_string(value) + ")");
}

Program Listener::accept() {
  if (!lab_->wait_until([&] { return socket_.wait_readable(Duration::zero()); }, patience))
    throw Stopped("accept() waits for a connection that does not come");
  Address peer;
  Socket socket = socket_.accept(peer);
  const AddressPair pair{peer, socket.getsockname()};
  lab_->act(Side::server, {"accept() returns", "accept() 返回"}, pair);
  return {*lab_, Side::server, std::move(socket), pair};
}

void Listener::close() {
  socket_.close();
  lab_->act(Side::server, {"closes its listening socket", "关闭监听套接字"});
}

}  // namespace loquat::wire
