// 07_simulate.cc - chapter 7: a test that runs a client and a server in a hundred simulated networks, in a moment.
//
//   build/release/bin/example_07_simulate
#include <iostream>
#include <string>

#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "loquat/testing.h"

// [readers]
// Wrong: it assumes that one recv() returns what one sendall() sent.
std::string read_piece(loquat::Socket& socket) { return socket.recv(512); }

// Right: a message ends with its newline.
std::string read_line(loquat::Socket& socket) {
  auto file = socket.makefile();
  std::string line;
  std::getline(file, line);
  return line + "\n";
}
// [/readers]

// [simulate]
// In how many of the networks 1 to 100 does the server read the whole message?
int right_with(std::string (*read)(loquat::Socket&)) {
  int right = 0;
  for (const auto seed : loquat::testing::seeds(100)) {
    const auto heard = loquat::testing::simulate(seed, [read] {
      auto server = loquat::create_server({"10.0.0.1", 9000});
      loquat::spawn([] { loquat::create_connection("10.0.0.1", 9000).sendall("a message of some words\n"); });
      auto client = server.accept();
      return read(client);
    });
    right += heard == "a message of some words\n";
  }
  return right;
}
// [/simulate]

int main() {
  const int pieces = right_with(read_piece);
  const int lines = right_with(read_line);
  std::cout << "pieces: right " << pieces << " times, lines: right " << lines << " times\n";
  return pieces < lines ? 0 : 1;
}
