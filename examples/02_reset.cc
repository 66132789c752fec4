// 02_reset.cc - chapter 2: three ways to end a connection with the segment RST, without a close.
//
//   build/release/bin/example_02_reset
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include "loquat/socket.h"

// Receives once and shows the result.
void hear(loquat::Socket& client) {
  try {
    std::cout << client.recv(512).size() << " bytes\n";
  } catch (const loquat::OSError& error) {
    std::cout << error.what() << "\n";
  }
}

int main() try {
  auto server = loquat::create_server({"127.0.0.1", 0});
  const auto where = server.getsockname();

  // [unread]
  std::cout << "closed with bytes unread: ";
  auto client = loquat::create_connection(where.host(), where.port());
  auto accepted = server.accept();
  client.sendall("nobody reads this");
  accepted.wait_readable();
  accepted.close();  // RST: what you sent has not been read
  hear(client);
  // [/unread]

  // [linger]
  std::cout << "closed with SO_LINGER, 0 s: ";
  client = loquat::create_connection(where.host(), where.port());
  accepted = server.accept();
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  accepted.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&at_once), sizeof at_once});
  accepted.close();  // RST, because we asked for it
  hear(client);
  // [/linger]

  // [refused]
  std::cout << "nobody listens: ";
  server.close();
  try {
    client = loquat::create_connection(where.host(), where.port());
  } catch (const loquat::ConnectionRefusedError& error) {  // RST in answer to our SYN
    std::cout << error.what() << "\n";
  }
  // [/refused]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
