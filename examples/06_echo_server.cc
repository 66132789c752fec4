// 06_echo_server.cc - chapter 6 without HTTP: each client has a fiber, whose code reads like that of a thread.
//
//   build/release/bin/example_06_echo_server 127.0.0.1:9000      then, several times: nc 127.0.0.1 9000
#include <exception>
#include <iostream>

#include "loquat/run.h"
#include "loquat/server.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:9000");
  loquat::report_stack_overflow();
  loquat::run([&] {
    // [echo]
    loquat::StreamServer server({where.host, where.port}, [](loquat::Socket& client, const loquat::Address&) {
      for (std::string data; !(data = client.recv(512)).empty();) client.sendall(data);
    });
    server.start();
    std::cout << "listening on " << server.address() << std::endl;
    server.serve_forever();
    // [/echo]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
