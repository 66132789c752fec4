// 07_options.cc - chapter 7: getsockopt() and setsockopt(), for numbers and for structures.
//
//   build/release/bin/example_07_options
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstring>
#include <exception>
#include <iostream>

#include "loquat/socket.h"

int main() try {
  // [options]
  loquat::Socket socket(AF_INET, SOCK_STREAM);
  socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);  // send small pieces at once, do not collect them
  std::cout << "TCP_NODELAY: " << socket.getsockopt(IPPROTO_TCP, TCP_NODELAY) << "\n";

  socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 8192);  // Linux doubles it, for its own bookkeeping: socket(7)
  std::cout << "SO_RCVBUF: " << socket.getsockopt(SOL_SOCKET, SO_RCVBUF) << "\n";

  socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);  // ask a silent peer whether it is still there: tcp(7)
  std::cout << "SO_KEEPALIVE: " << socket.getsockopt(SOL_SOCKET, SO_KEEPALIVE) << "\n";

  linger given{.l_onoff = 1, .l_linger = 5};  // a structure goes in as its bytes, and comes out as bytes
  socket.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&given), sizeof given});
  linger read{};
  std::memcpy(&read, socket.getsockopt(SOL_SOCKET, SO_LINGER, sizeof read).data(), sizeof read);
  std::cout << "SO_LINGER: " << read.l_linger << " s\n";
  // [/options]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
