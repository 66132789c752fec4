// datagram_program.h - a program at one end of the lab's wire that sends datagrams; its calls are told as they happen.
//
//   Errors    Calls return 0 or an errno.
//   Waiting   recv() waits for a second at most.
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

  // Only this peer from now on; nothing is sent.
  int connect(const Address& peer);
  int send(std::string_view data, const Text& meaning);  // to the connected peer, or to whom the last message was from
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
