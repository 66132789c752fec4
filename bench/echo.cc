// echo.cc - one fiber per connection that sends back what it receives. LOQUAT_POLLER chooses the poller.
//
//   bench_echo 127.0.0.1:0       prints "listening on HOST:PORT"
#include <exception>
#include <iostream>
#include <memory>
#include <span>

#include "loquat/run.h"
#include "loquat/socket.h"

namespace {

void echo(loquat::Socket client) {
  char buffer[4096];
  try {
    while (const auto size = client.recv_into(std::span<char>(buffer))) client.sendall({buffer, size});
  } catch (const loquat::ConnectionError&) {  // the load went away
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:0");
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port}, 1024);
    std::cout << "listening on " << server.getsockname().str() << std::endl;
    for (;;) loquat::spawn([client = server.accept()]() mutable { echo(std::move(client)); });
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
