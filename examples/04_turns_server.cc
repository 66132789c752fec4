// 04_turns_server.cc - chapter 4, the server: a client and you speak in turns; after "byebye" from either side the next
// client is served.
//
//   build/release/bin/example_04_turns_server 127.0.0.1:9000
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

// Returns the next typed line that is not empty. An empty one would send nothing, and both sides would wait.
std::string ask() {
  std::string said;
  while (said.empty()) {
    std::cout << "you: " << std::flush;
    if (!std::getline(std::cin, said)) return "byebye";
  }
  return said;
}

// [talk]
// Talks to one client until either side says byebye or the client leaves.
void talk(loquat::Socket& client) {
  for (std::string heard; !(heard = client.recv(512)).empty();) {
    std::cout << "client: " << heard << std::endl;
    if (heard == "byebye") return;
    const auto said = ask();
    client.sendall(said);
    if (said == "byebye") return;
  }
}
// [/talk]

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  auto server = loquat::create_server({where.host, where.port}, 5);
  std::cout << "listening on " << server.getsockname().str() << std::endl;

  // [next]
  for (;;) {
    loquat::Address address;
    auto client = server.accept(address);
    try {
      talk(client);
    } catch (const loquat::ConnectionError& error) {  // a failed client does not end the server
      std::cout << error.what() << std::endl;
    }
    std::cout << address.str() << " has left" << std::endl;
  }
  // [/next]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
