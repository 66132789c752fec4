// 06_proxy.cc - chapter 6: a TCP proxy. A connection ends when nothing has moved in either direction for a while;
// SIGTERM lets the others finish for ten seconds.
//
//   build/release/bin/example_06_proxy 127.0.0.1:9000 127.0.0.1:8000 60
#include <csignal>
#include <exception>
#include <iostream>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/server.h"
#include "loquat/signals.h"

void copy(loquat::Socket& from, loquat::Socket& to, bool& moved) {
  for (std::string data; !(data = from.recv(65536)).empty(); moved = true) to.sendall(data);
  to.shutdown(SHUT_WR);
}

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: example_06_proxy HOST:PORT TARGET:PORT SECONDS");
  const auto target = loquat::parse_host_port(argv[2]);
  const std::chrono::duration<double> idle(std::stod(argv[3]));
  loquat::Signals signals({SIGTERM});
  loquat::run([&] {
    // [proxy]
    const auto handle = [&](loquat::Socket& client, const loquat::Address&) {
      auto server = loquat::create_connection(target.host, target.port, std::chrono::seconds(5));
      server.settimeout({});
      bool moved = true;
      loquat::Group both;
      both.spawn([&] { copy(client, server, moved); });
      both.spawn([&] { copy(server, client, moved); });
      for (; !both.join_for(idle) && moved; moved = false) continue;
    };  // the group's end cancels what is left of it
    loquat::StreamServer proxy(loquat::Address::parse(argv[1]), handle, {.max_connections = 1000});
    proxy.start();
    std::cout << "listening on " << proxy.address() << std::endl;
    signals.wait();
    proxy.stop(std::chrono::seconds(10));
    // [/proxy]
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
