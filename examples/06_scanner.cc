// 06_scanner.cc - chapter 6: which ports of a host are open? 50 connections at once, and one time limit for all.
//
//   build/release/bin/example_06_scanner 127.0.0.1 7000 7999 10      from port 7000 to 7999, at most 10 s
#include <iostream>
#include <ranges>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/timeout.h"

int main(int, char** argv) {
  const auto ports = std::views::iota(std::stoi(argv[2]), std::stoi(argv[3]) + 1);
  const std::chrono::duration<double> limit(std::stod(argv[4]));
  loquat::run([&] {
    // [pool]
    loquat::Pool pool(50);
    const bool finished = loquat::with_timeout(limit, [&] {
      pool.map(ports, [&](int port) {
        try {
          loquat::create_connection(argv[1], static_cast<std::uint16_t>(port));
          std::cout << port << " is open\n";
        } catch (const loquat::OSError&) {  // refused
        }
      });
    });
    if (!finished) std::cout << "some ports have not answered in time\n";
    // [/pool]
  });
}
