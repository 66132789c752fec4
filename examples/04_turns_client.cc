// 04_turns_client.cc - chapter 4, the client: you and the server speak in turns; "byebye" from either side ends it.
//
//   build/release/bin/example_04_turns_client 127.0.0.1:9000
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  auto client = loquat::create_connection(where.host, where.port);

  // [turns]
  for (;;) {
    std::cout << "you: " << std::flush;
    std::string said;
    if (!std::getline(std::cin, said)) said = "byebye";
    if (said.empty()) continue;  // nothing would be sent, and both sides would wait
    client.sendall(said);
    if (said == "byebye") break;

    const auto heard = client.recv(512);
    if (heard.empty()) break;
    std::cout << "server: " << heard << std::endl;
    if (heard == "byebye") break;
  }
  // [/turns]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
