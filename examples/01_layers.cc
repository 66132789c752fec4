// 01_layers.cc - chapter 1: what a program does at each layer, and what it leaves to the kernel and the network card.
//
//   build/release/bin/example_01_layers 127.0.0.1:8080      while example_06_web_server runs
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

int main(int argc, char** argv) try {
  const auto where = loquat::parse_host_port(argc > 1 ? argv[1] : "127.0.0.1:8080");
  // [layers]
  // Network layer: an address for the machine. A name is looked up first, by DNS or in /etc/hosts.
  for (const auto& found : loquat::getaddrinfo(where.host, where.port)) {
    std::cout << "it has the address " << found.address.host() << "\n";
  }
  // Transport layer: a TCP connection between two ports.
  auto client = loquat::create_connection(where.host, where.port);
  std::cout << client.getsockname().str() << " -> " << client.getpeername().str() << "\n\n";

  // Application layer: the bytes, and what they mean. Here HTTP, written by hand.
  client.sendall("GET / HTTP/1.0\r\nHost: " + where.host + "\r\n\r\n");
  for (std::string piece; !(piece = client.recv(4096)).empty();) std::cout << piece;
  // [/layers]
  std::cout << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
