// 07_lines.cc - chapter 7: makefile() returns a stream of a socket, so std::getline reads its lines.
//
//   build/release/bin/example_07_lines
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

int main() try {
  auto [client, server] = loquat::socketpair();

  // [lines]
  client.sendall("first\nsec");  // a stream has no messages: this is one line and a half
  client.sendall("ond\n");
  client.shutdown(SHUT_WR);

  auto file = server.makefile();
  for (std::string line; std::getline(file, line);) file << "got " << line << "\n";
  file.flush();  // until here the answers wait in the stream's buffer
  // [/lines]
  std::cout << client.recv(512);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
