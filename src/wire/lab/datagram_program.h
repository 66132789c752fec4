// datagram_program.h - a program at one end of the lab's wire that sends datagrams; each call becomes a row.
//
//   Errors    Calls return 0 or an errno.
//   Waiting   recv() waits at most a second.
//
// Layer: wire (docs/layers.txt).  Source: RFC 768, socket.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "loquat/socket.h"
#include "wire/lab/lab.h"

namespace loquat::wire {

class DatagramProgram {
 public:
  // Bound to the client's first port, or to the server's LabOptions::port.
  DatagramProgram(Lab& lab, Side side);

  // Sends to and receives from this peer only; nothing goes over the wire.
  int connect(const Address& peer);
  int send(std::string_view data, const Text& meaning);  // to the connected peer, or the last sender
  std::string recv();                                    // "" after an error or a second without one
  void close();

  int error() const noexcept { return error_; }  // of the last call

 private:
  int told(std::string_view call, const OSError& error);

  Lab* lab_;
  Side side_;
  Socket socket_;
  Address peer_;
  int error_ = 0;
};

}  // namespace loquat::wire
