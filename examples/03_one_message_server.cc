// 03_one_message_server.cc - chapter 3, the server: accept a client, read one message, show it, wait for the next.
//
//   build/release/bin/example_03_one_message_server 127.0.0.1:9000
//
// No fiber and no run(): outside of run() a Socket blocks its thread, as Python's does.
#include <exception>
#include <iostream>

#include "loquat/socket.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  // [server]
  loquat::Socket server(AF_INET, SOCK_STREAM);
  server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  server.bind({where.host, where.port});
  server.listen(5);  // about five clients may wait for accept()
  std::cout << "listening on " << server.getsockname().str() << std::endl;

  for (;;) {
    loquat::Address address;
    auto client = server.accept(address);
    std::cout << "message from " << address.host() << ": " << client.recv(512) << std::endl;
  }
  // [/server]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
