// program.h - a program at one end of the lab's wire: each call, and its result, becomes a row.
//
//   Errors    Calls return 0 or an errno, as connect_ex() does; scenarios expect many of them to fail.
//   Waiting   Calls wait in their fiber, as Socket's do.
//
// Layer: wire (docs/layers.txt).  Source: socket.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "loquat/socket.h"
#include "wire/lab/tcp_states.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

class Lab;

class Program {
 public:
  Program(Lab& lab, Side side, Socket socket, const AddressPair& addresses);

  int connect();
  std::string recv(std::size_t size);  // "" at the end of the stream and after an error
  int sendall(std::string_view data);
  int shutdown_write();
  void close();
  void reset();  // close() with SO_LINGER {on, 0}
  void settimeout(Duration timeout) { socket_.settimeout(timeout); }
  // As if its machine had lost power: the kernel forgets the connection and sends nothing.
  void vanish();
  // `told` is the option's name in the ladder: "SO_KEEPALIVE".
  void setsockopt(int level, int option, int value, std::string_view told);

  int error() const noexcept { return error_; }  // of the last call
  Socket& socket() noexcept { return socket_; }
  const AddressPair& addresses() const noexcept { return addresses_; }

 private:
  void tell(const Text& text);
  void tell(Duration at, const Text& text);
  Duration before_call();
  int failed(std::string_view call, const OSError& error);

  Lab* lab_;
  Side side_;
  Socket socket_;
  AddressPair addresses_;
  int error_ = 0;
};

class Listener {
 public:
  Listener(Lab& lab, Socket socket) : lab_(&lab), socket_(std::move(socket)) {}
  Program accept();
  void close();
  Socket& socket() noexcept { return socket_; }

 private:
  Lab* lab_;
  Socket socket_;
};

struct Conversation {
  Listener server;
  Program client, peer;
};

// The name of Python's exception: "ConnectionRefusedError"; "OSError" if it has no name of its own.
std::string_view python_name(const OSError& error) noexcept;

}  // namespace loquat::wire
