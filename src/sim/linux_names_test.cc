// Names, ports, options and Unix sockets: the simulation against Linux.
#include <netinet/in.h>

#include "sim/linux_side.h"

namespace loquat::sim {
namespace {

TEST(Linux, FreshSocket) {
  for (int family : {AF_INET, AF_INET6, AF_UNIX}) {
    compare([family](Side& s) {
      int fd = s.socket(family);
      s.poll(fd);
      s.recv(fd);
      s.send(fd, "x");
      s.peer(fd);
      s.shutdown(fd, SHUT_WR);
      s.say("accept", s.accept(fd));
      s.said.push_back(s.name(fd).str());
      for (int option : {SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR, SO_REUSEADDR, SO_KEEPALIVE}) {
        s.get(fd, SOL_SOCKET, option);
      }
      s.option(fd, IPPROTO_TCP, 1, 1);
      s.get(fd, IPPROTO_TCP, 1);
      s.option(fd, SOL_SOCKET, SO_SNDBUF, 10'000);
      s.get(fd, SOL_SOCKET, SO_SNDBUF);
      s.option(fd, SOL_SOCKET, SO_RCVBUF, 1);
      s.get(fd, SOL_SOCKET, SO_RCVBUF);
      s.get(fd, SOL_SOCKET, 9999);
      s.close(fd);
      s.close(fd);
    });
  }
}

TEST(Linux, BadCalls) {
  compare([](Side& s) {
    Address v6("::1", 0);
    int fd = s.socket();
    s.say("bind", s.bind(fd, v6));
    s.say("bind", s.world.bind(fd, Address("127.0.0.1", 0).data(), 4));
    s.say("connect", s.connect(fd, v6));
    s.say("bind", s.bind(fd, Address("127.0.0.1", 0)));
    s.say("bind", s.bind(fd, Address("127.0.0.1", 0)));
    s.shutdown(fd, 7);
    s.say("socket", s.world.socket(AF_INET, 77, 0));
    s.say("socket", s.world.socket(AF_INET, SOCK_RDM, 0));
    s.say("socket", s.world.socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    s.say("socket", s.world.socket(250, SOCK_STREAM, 0));
    s.say("accept", s.accept(fd));
    s.say("dup", s.world.dup(9999));
    s.say("connect", s.connect(s.socket(), Address("127.0.0.1", 0)));
  });
}

TEST(Linux, PortsInUse) {
  compare([](Side& s) {
    int first = s.listener();
    Address taken = s.name(first);
    auto try_bind = [&](bool reuse, const char* host) {
      int fd = s.socket();
      if (reuse) s.option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      s.say("bind", s.bind(fd, Address(host, taken.port())));
      s.say("listen", s.world.listen(fd, 1));
      s.close(fd);
    };
    try_bind(false, "127.0.0.1");
    try_bind(true, "127.0.0.1");
    try_bind(true, "0.0.0.0");
    try_bind(false, "127.0.0.2");
    s.close(first);
    try_bind(false, "127.0.0.1");
  });
}

TEST(Linux, TwoSocketsReuseOneAddress) {
  compare([](Side& s) {
    int first = s.socket();
    int second = s.socket();
    s.option(first, SOL_SOCKET, SO_REUSEADDR, 1);
    s.option(second, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind", s.bind(first, Address("127.0.0.1", 0)));
    s.say("bind", s.bind(second, s.name(first)));
    s.say("listen", s.world.listen(first, 1));
    s.say("listen", s.world.listen(second, 1));
    int third = s.socket();
    s.option(third, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind", s.bind(third, s.name(first)));
  });
}

TEST(Linux, OneListenerPerWorker) {
  compare([](Side& s) {
    int first = s.socket();
    s.option(first, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind", s.bind(first, Address("127.0.0.1", 0)));
    s.option(first, SOL_SOCKET, SO_REUSEPORT, 1);
    s.say("listen", s.world.listen(first, 16));
    int second = s.socket();
    s.option(second, SOL_SOCKET, SO_REUSEADDR, 1);
    s.option(second, SOL_SOCKET, SO_REUSEPORT, 1);
    s.say("bind", s.bind(second, s.name(first)));
    s.say("listen", s.world.listen(second, 16));
    int stranger = s.socket();
    s.option(stranger, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind", s.bind(stranger, s.name(first)));
    for (int i = 0; i < 64; ++i) s.say("connect", s.connect(s.socket(), s.name(first)));
    int in_first = 0, in_second = 0;
    while (s.accept(first) >= 0) ++in_first;
    while (s.accept(second) >= 0) ++in_second;
    s.say("all", in_first + in_second);
    s.say("both", in_first > 0 && in_second > 0);
  });
}

TEST(Linux, AddressAfterAnActiveClose) {
  compare([](Side& s) {
    int listening = s.listener();
    Address address = s.name(listening);
    auto [client, server] = s.connected(listening);
    s.close(listening);
    auto try_bind = [&](bool reuse) {
      int fd = s.socket();
      if (reuse) s.option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      s.say("bind", s.bind(fd, address));
      s.close(fd);
    };
    try_bind(false);
    s.close(server);
    s.close(client);
    try_bind(false);
    auto [second, other] = s.connected(s.listener());
    address = s.name(other);
    s.close(second);  // the client closes first: TIME_WAIT is its own
    s.close(other);
  });
}

TEST(Linux, TimeWaitAndReuse) {
  compare([](Side& s) {
    int listening = s.socket();
    s.option(listening, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind", s.bind(listening, Address("127.0.0.1", 0)));
    s.say("listen", s.world.listen(listening, 16));
    Address address = s.name(listening);
    auto [client, server] = s.connected(listening);
    s.close(listening);
    int early = s.socket();
    s.option(early, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind beside a connection", s.bind(early, address));
    s.close(early);
    s.close(server);
    s.close(client);
    int late = s.socket();
    s.option(late, SOL_SOCKET, SO_REUSEADDR, 1);
    s.say("bind in TIME_WAIT", s.bind(late, address));
    s.close(late);
    int plain = s.socket();
    s.say("bind without", s.bind(plain, address));
  });
}

TEST(Linux, BothFamiliesOnOnePort) {
  compare([](Side& s) {
    int both = s.listener(Address("::", 0));
    std::uint16_t port = s.name(both).port();
    int v4 = s.socket();
    s.say("bind 0.0.0.0", s.bind(v4, Address("0.0.0.0", port)));
    int client = s.socket();
    s.say("connect", s.connect(client, Address("127.0.0.1", port)));
    int server = static_cast<int>(s.accept(both));
    s.said.push_back(s.name(server).host());
    s.get(both, IPPROTO_IPV6, IPV6_V6ONLY);
    s.option(both, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    int only = s.socket(AF_INET6);
    s.option(only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    s.say("bind", s.bind(only, Address("::", 0)));
    s.say("listen", s.world.listen(only, 1));
    int beside = s.socket();
    s.say("bind", s.bind(beside, Address("0.0.0.0", s.name(only).port())));
    s.say("bind mapped", s.bind(s.socket(AF_INET6), Address("::ffff:127.0.0.1", 0)));
  });
}

TEST(Linux, ConnectToTheWildcard) {
  compare([](Side& s) {
    int listening = s.listener(Address("0.0.0.0", 0));
    int client = s.socket();
    s.say("connect", s.connect(client, s.name(listening)));
    int server = static_cast<int>(s.accept(listening));
    s.said.push_back(s.name(client).host());
    s.said.push_back(s.name(server).host());
  });
}

TEST(Linux, UnixSockets) {
  compare([](Side& s) {
    Address path = Address::unix_path("@loquat-linux-test-" + std::to_string(::getpid()));
    int listening = s.listener(path, 0);
    auto [client, server] = s.connected(listening);
    s.said.push_back(std::to_string(s.name(client).size()));
    s.peer(client);
    s.send(client, "hello");
    s.recv(server);
    s.shutdown(client, SHUT_WR);
    s.send(client, "x");
    s.recv(server);
    s.poll(server);
    s.send(server, "back");
    s.recv(client);
    s.close(server);
    s.poll(client);
    s.recv(client);
    auto [second, other] = s.connected(listening);
    s.send(second, "unread");
    s.close(other);
    s.send(second, "x");
    s.recv(second);
    s.recv(second);
    s.peer(second);
    s.say("bind", s.bind(s.socket(AF_UNIX), path));
    s.say("queue", s.connect(s.socket(AF_UNIX), path));
    s.say("full", s.connect(s.socket(AF_UNIX), path));
    s.close(listening);
    s.say("gone", s.connect(s.socket(AF_UNIX), path));
    s.say("no file", s.connect(s.socket(AF_UNIX), Address::unix_path("/nonexistent/loquat")));
  });
}

TEST(Linux, UnixListenerClosesWithConnectionsInItsQueue) {
  compare([](Side& s) {
    int listening = s.listener(Address::unix_path("@loquat-linux-test-" + std::to_string(::getpid())));
    int client = s.socket(AF_UNIX);
    s.say("connect", s.connect(client, s.name(listening)));
    s.say("again", s.connect(client, s.name(listening)));
    s.poll(listening);
    s.close(listening);
    s.poll(client);
    s.send(client, "x");
    s.recv(client);
    s.recv(client);
  });
}

}  // namespace
}  // namespace loquat::sim
