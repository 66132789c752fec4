// 07_datagrams.cc - chapter 7: UDP. No connection; each sendto() is one message, and each recvfrom() takes one.
//
//   build/release/bin/example_07_datagrams
#include <exception>
#include <iostream>

#include "loquat/socket.h"

int main() try {
  // [datagrams]
  loquat::Socket alice(AF_INET, SOCK_DGRAM);
  loquat::Socket bob(AF_INET, SOCK_DGRAM);
  bob.bind({"127.0.0.1", 0});  // bob has a port now; alice gets one with her first sendto()

  alice.sendto("one", bob.getsockname());
  alice.sendto("two", bob.getsockname());
  const auto first = bob.recvfrom(512);  // "one", never "onetwo": datagrams keep their boundaries
  const auto second = bob.recvfrom(512);
  std::cout << "bob got: " << first.data << ", then " << second.data << "\n";

  bob.sendto("got both", first.address);  // recvfrom() returns the sender
  std::cout << "alice got: " << alice.recvfrom(512).data << "\n";

  alice.sendto("a long letter", bob.getsockname());
  const auto cut = bob.recvfrom(6);  // the rest of this datagram is gone
  std::cout << "bob got: " << cut.data << ((cut.flags & MSG_TRUNC) ? " (cut)" : "") << "\n";
  // [/datagrams]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
