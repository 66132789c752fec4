// 07_connect_ex.cc - chapter 7: connect_ex() returns an errno where connect() throws. It tells which ports are open.
//
//   build/release/bin/example_07_connect_ex 127.0.0.1:22 127.0.0.1:80 127.0.0.1:7777
#include <chrono>
#include <cstring>
#include <exception>
#include <iostream>

#include "loquat/socket.h"

int main(int argc, char** argv) try {
  // [ports]
  for (int i = 1; i < argc; i++) {
    const auto where = loquat::parse_host_port(argv[i]);
    loquat::Socket probe(AF_INET, SOCK_STREAM);
    probe.settimeout(std::chrono::seconds(2));
    const int error = probe.connect_ex({where.host, where.port});
    std::cout << argv[i] << ": " << (error == 0 ? "open" : std::strerror(error)) << "\n";
  }
  // [/ports]
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
