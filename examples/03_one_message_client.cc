// 03_one_message_client.cc - chapter 3, the client: connect, send one message, close.
//
//   build/release/bin/example_03_one_message_client 127.0.0.1:9000 'python学习笔记'
#include <exception>
#include <iostream>

#include "loquat/socket.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  // [client]
  loquat::Socket client(AF_INET, SOCK_STREAM);
  client.connect({where.host, where.port});
  client.sendall(argc > 2 ? argv[2] : "python学习笔记");
  client.close();
  // [/client]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
