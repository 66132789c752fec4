// 06_scanner.cc - chapter 6: which ports of a host are open? 50 connections at once, and no more.
//
//   build/release/bin/example_06_scanner 127.0.0.1 7000 7999
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/socket.h"

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  if (argc != 4) {
    std::cerr << "usage: " << argv[0] << " HOST FIRST LAST\n";
    return 2;
  }
  const std::string host = argv[1];
  std::vector<int> ports(static_cast<std::size_t>(std::stoi(argv[3]) - std::stoi(argv[2]) + 1));
  std::iota(ports.begin(), ports.end(), std::stoi(argv[2]));

  loquat::run([&] {
    // [pool]
    loquat::Pool pool(50);
    pool.map(ports, [&host](int port) {
      try {
        loquat::create_connection(host, static_cast<std::uint16_t>(port), 2s);
        std::cout << port << " is open\n";
      } catch (const loquat::OSError&) {  // refused, or no answer within 2 s
      }
    });
    // [/pool]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
