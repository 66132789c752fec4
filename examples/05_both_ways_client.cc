// 05_both_ways_client.cc - chapter 5, the client: one thread sends what you type, another shows what arrives. It ends
// when either side sends byebye or the server closes.
//
//   build/release/bin/example_05_both_ways_client 127.0.0.1:9000
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "loquat/socket.h"

// [sender]
void send_what_is_typed(loquat::Socket& client) try {
  for (std::string line; std::getline(std::cin, line);) {
    client.sendall(line);
    if (line == "byebye") break;
  }
  client.shutdown(SHUT_WR);  // we send no more; what the server still sends is shown
} catch (const loquat::OSError& error) {
  std::cout << error.what() << std::endl;
}
// [/sender]

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  // [receiver]
  static auto client = loquat::create_connection(where.host, where.port);
  std::thread([] { send_what_is_typed(client); }).detach();

  for (std::string heard; !(heard = client.recv(512)).empty();) std::cout << "server: " << heard << std::endl;
  std::quick_exit(0);  // the other thread still waits for a line, and uses the socket
  // [/receiver]
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  std::quick_exit(1);
}
