// 06_scanner.cc - chapter 6: which ports of a host are open? 50 connections at once, and one time limit for all.
//
//   build/release/bin/example_06_scanner 127.0.0.1 7000 7999 10
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
#include "loquat/timeout.h"

int main(int argc, char** argv) try {
  if (argc != 5) {
    std::cerr << "usage: " << argv[0] << " HOST FIRST LAST SECONDS\n";
    return 2;
  }
  const std::string host = argv[1];
  std::vector<std::uint16_t> ports(static_cast<std::size_t>(std::stoi(argv[3]) - std::stoi(argv[2]) + 1));
  std::iota(ports.begin(), ports.end(), std::stoi(argv[2]));
  const std::chrono::duration<double> limit(std::stod(argv[4]));

  loquat::run([&] {
    // [pool]
    loquat::Pool pool(50);
    const bool finished = loquat::with_timeout(limit, [&] {
      pool.map(ports, [&host](std::uint16_t port) {
        try {
          loquat::create_connection(host, port);
          std::cout << port << " is open\n";
        } catch (const loquat::OSError&) {  // refused
        }
      });
    });
    if (!finished) std::cout << "some ports have not answered in time\n";
    // [/pool]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
