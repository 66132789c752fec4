// 06_responder.cc - chapter 6: answers datagrams. Without an argument it tests itself.
//
//   build/release/bin/example_06_responder 127.0.0.1:9000      then: nc -u 127.0.0.1 9000
#include <exception>
#include <iostream>

#include "loquat/run.h"
#include "loquat/server.h"

// [responder]
void answer(loquat::Socket& socket, const loquat::Message& question) {
  socket.sendto("got " + std::to_string(question.size) + " bytes\n", question.address);
}
// [/responder]

void test() {
  loquat::DatagramServer server({"127.0.0.1", 0}, answer);
  server.start();
  loquat::Socket client(AF_INET, SOCK_DGRAM);
  client.settimeout(std::chrono::seconds(5));
  client.connect(server.address());
  for (const std::size_t size : {5, 0, 1000}) {
    client.sendall(std::string(size, 'x'));
    if (client.recv(100) != "got " + std::to_string(size) + " bytes\n") throw std::logic_error("a wrong answer");
  }
  std::cout << "all answers are right\n";
}

int main(int argc, char** argv) try {
  loquat::run([&] {
    if (argc == 1) return test();
    loquat::DatagramServer server(loquat::Address::parse(argv[1]), answer);
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
