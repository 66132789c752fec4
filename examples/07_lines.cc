// 07_lines.cc - chapter 7: makefile() makes a socket a stream, so lines are read with std::getline.
//
//   build/release/bin/example_07_lines
#include <exception>
#include <iostream>
#include <string>

#include "loquat/socket.h"

int main() try {
  auto [client, server] = loquat::socketpair();

  // [lines]
  client.sendall("first\nsec");  // a stream of bytes knows no messages: this is one and a half
  client.sendall("ond\n");
  client.shutdown(SHUT_WR);

  auto file = server.makefile();
  for (std::string line; std::getline(file, line);) file << "got " << line << "\n";
  file.flush();  // what is written waits in the stream's buffer until here
  // [/lines]
  std::cout << client.recv(512);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
