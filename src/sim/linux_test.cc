// linux_test.cc - the simulated network and Linux's own, run side by side: the same calls must give the same results.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "loquat/address.h"
#include "sim/sim_world.h"
#include "sys/kernel.h"

namespace loquat::sim {
namespace {

using sys::Operation;
using sys::OpKind;

// A World, and a way to let what is under way arrive.
struct Side {
  sys::World& world;
  std::function<void()> settle;
  std::vector<std::string> said{};

  void say(const std::string& what, std::int64_t result) {
    said.push_back(what + ": " + (result < 0 ? ::strerrorname_np(static_cast<int>(-result)) : std::to_string(result)));
  }

  int socket(int family = AF_INET) {
    int fd = world.socket(family, SOCK_STREAM, 0);
    EXPECT_GE(fd, 0);
    return fd;
  }
  void close(int fd) {
    say("close", world.close(fd));
    settle();
  }
  int bind(int fd, const Address& address) { return world.bind(fd, address.data(), address.size()); }
  Address name(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    EXPECT_EQ(world.getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size), 0);
    return Address(reinterpret_cast<sockaddr*>(&storage), size);
  }
  int listener(const Address& address = Address("127.0.0.1", 0), int backlog = 16) {
    int fd = socket(address.family());
    EXPECT_EQ(bind(fd, address), 0);
    EXPECT_EQ(world.listen(fd, backlog), 0);
    return fd;
  }
  std::int64_t connect(int fd, const Address& to) {
    Operation operation(OpKind::connect);
    operation.handle.number = fd;
    operation.address = to.data();
    operation.size = to.size();
    std::int64_t result = world.attempt(operation);
    settle();
    return result;
  }
  std::int64_t accept(int fd) {
    Operation operation(OpKind::accept);
    operation.handle.number = fd;
    return world.attempt(operation);
  }
  // Two ends of a connection: the client's, the server's.
  std::pair<int, int> connected(int listening) {
    int client = socket(name(listening).family());
    (void)connect(client, name(listening));
    int server = static_cast<int>(accept(listening));
    EXPECT_GE(server, 0);
    return {client, server};
  }
  // All of `data`: the simulation sends short on purpose.
  void send(int fd, std::string_view data) {
    std::int64_t total = 0;
    while (!data.empty()) {
      Operation operation(OpKind::send);
      operation.handle.number = fd;
      operation.const_data = data.data();
      operation.size = data.size();
      std::int64_t result = world.attempt(operation);
      if (result < 0) {
        say("send", result);
        return settle();
      }
      total += result;
      data.remove_prefix(static_cast<std::size_t>(result));
    }
    say("send", total);
    settle();
  }
  void recv(int fd, std::size_t size = 100, int flags = 0) {
    std::string buffer(size, '\0');
    Operation operation(OpKind::recv, flags);
    operation.handle.number = fd;
    operation.data = buffer.data();
    operation.size = size;
    std::int64_t result = world.attempt(operation);
    say("recv", result);
    if (result > 0) said.back() += " " + buffer.substr(0, static_cast<std::size_t>(result));
    settle();
  }
  void poll(int fd) {
    Operation in(OpKind::wait_in), out(OpKind::wait_out);
    in.handle.number = out.handle.number = fd;
    std::string text = "poll:";
    std::int64_t bits = std::max<std::int64_t>(world.attempt(in), 0) | std::max<std::int64_t>(world.attempt(out), 0);
    if ((bits & POLLIN) != 0) text += " in";
    if ((bits & POLLOUT) != 0) text += " out";
    if ((bits & POLLERR) != 0) text += " err";
    if ((bits & POLLHUP) != 0) text += " hup";
    said.push_back(text);
  }
  void shutdown(int fd, int how) {
    say("shutdown", world.shutdown(fd, how));
    settle();
  }
  void option(int fd, int level, int option, int value) {
    say("setsockopt", world.setsockopt(fd, level, option, &value, sizeof value));
  }
  void get(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    int result = world.getsockopt(fd, level, option, &value, &size);
    say("getsockopt", result < 0 ? result : value);
  }
  void peer(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    say("getpeername", world.getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size));
  }
  void linger_zero(int fd) {
    struct linger now{1, 0};
    say("linger", world.setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  }
};

void compare(const std::function<void(Side&)>& script) {
  Side linux_side{sys::kernel(), [] { ::usleep(300); }};
  script(linux_side);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Core core(seed, {});
    SimWorld world(core);
    Side simulated{world, [&core] {
                     TimePoint until = core.timeline.now() + std::chrono::milliseconds(100);
                     while (core.timeline.next() <= until) {
                       core.timeline.advance(core.timeline.next());
                       core.timeline.run_due();
                     }
                     core.timeline.advance(until);
                   }};
    script(simulated);
    ASSERT_EQ(simulated.said, linux_side.said) << "seed " << seed;
  }
}

TEST(Linux, BytesBothWays) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.poll(client);
    s.send(client, "hello");
    s.poll(server);
    s.recv(server, 3, MSG_PEEK);
    s.recv(server, 3);
    s.recv(server, 100);
    s.recv(server);
    s.send(server, "world");
    s.recv(client, 2, MSG_WAITALL);
    s.recv(client, 2, MSG_TRUNC);
    s.said.pop_back();  // its text is what the buffer held before
    s.recv(client);
    s.peer(client);
  });
}

TEST(Linux, HalfClose) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.send(client, "last");
    s.shutdown(client, SHUT_WR);
    s.send(client, "more");
    s.poll(server);
    s.recv(server);
    s.recv(server);
    s.poll(server);
    s.send(server, "answer");
    s.poll(client);
    s.shutdown(server, SHUT_WR);
    s.recv(client);
    s.recv(client);
    s.poll(client);
    s.poll(server);
    s.shutdown(client, SHUT_RDWR);
    s.peer(client);
    s.close(client);
    s.close(server);
  });
}

TEST(Linux, SendingToOneWhoHasClosed) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.close(server);
    s.poll(client);
    s.send(client, "one");
    s.poll(client);
    s.recv(client);
    s.send(client, "two");
    s.send(client, "three");
    s.recv(client);
    s.shutdown(client, SHUT_WR);
    s.peer(client);
  });
}

TEST(Linux, ClosingWithUnreadBytesResets) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.send(server, "for you");
    s.send(client, "nobody reads this");
    s.close(server);
    s.poll(client);
    s.recv(client);  // what arrived before the reset
    s.recv(client);
    s.recv(client);
    s.send(client, "x");
    s.poll(client);
    s.shutdown(client, SHUT_WR);
    s.peer(client);
  });
}

TEST(Linux, LingerZeroResets) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.linger_zero(server);
    s.close(server);
    s.poll(client);
    s.send(client, "x");
    s.send(client, "y");
    s.recv(client);
    auto [second, other] = s.connected(s.listener());
    s.linger_zero(other);
    s.close(other);
    s.get(second, SOL_SOCKET, SO_ERROR);
    s.get(second, SOL_SOCKET, SO_ERROR);
    s.recv(second);
  });
}

TEST(Linux, ShutdownForReading) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    s.shutdown(client, SHUT_RD);
    s.poll(client);
    s.recv(client);
    s.send(client, "still sends");
    s.recv(server);
    s.send(server, "still arrives");
    s.recv(client);
  });
}

TEST(Linux, Refused) {
  compare([](Side& s) {
    int listening = s.listener();
    Address nobody = s.name(listening);
    s.close(listening);
    int client = s.socket();
    s.say("connect", s.connect(client, nobody));
    s.poll(client);
    s.say("connect", s.connect(client, nobody));
    s.say("connect", s.connect(client, nobody));
    s.get(client, SOL_SOCKET, SO_ERROR);
    s.poll(client);
    s.say("connect", s.connect(client, nobody));
    int second = s.socket();
    s.say("connect", s.connect(second, nobody));
    s.recv(second);
    s.recv(second);
    s.send(second, "x");
    s.peer(second);
  });
}

TEST(Linux, ConnectTwice) {
  compare([](Side& s) {
    int listening = s.listener();
    int client = s.socket();
    s.say("connect", s.connect(client, s.name(listening)));
    s.poll(client);
    s.say("connect", s.connect(client, s.name(listening)));
    s.say("connect", s.connect(client, s.name(listening)));
    s.say("connect a listener", s.connect(listening, s.name(listening)));
    s.say("listen", s.world.listen(client, 1));
    s.say("bind", s.bind(client, Address("127.0.0.1", 0)));
  });
}

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

TEST(Linux, ListenerClosesOnThoseWhoWait) {
  compare([](Side& s) {
    int listening = s.listener();
    int client = s.socket();
    s.say("connect", s.connect(client, s.name(listening)));
    s.poll(listening);
    s.close(listening);
    s.poll(client);
    s.recv(client);
    s.recv(client);
    s.send(client, "x");
  });
}

TEST(Linux, ShutdownOfAListener) {
  compare([](Side& s) {
    int listening = s.listener();
    s.shutdown(listening, SHUT_WR);
    s.poll(listening);
    s.shutdown(listening, SHUT_RD);
    s.poll(listening);
    s.say("accept", s.accept(listening));
    s.say("listen", s.world.listen(listening, 1));
    s.say("accept", s.accept(listening));
  });
}

TEST(Linux, PeerThatHasGoneBeforeAccept) {
  compare([](Side& s) {
    int listening = s.listener();
    int client = s.socket();
    s.say("connect", s.connect(client, s.name(listening)));
    s.send(client, "bye");
    s.close(client);
    int server = static_cast<int>(s.accept(listening));
    s.recv(server);
    s.recv(server);
    s.say("accept", s.accept(listening));
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

TEST(Linux, TwoThatReuseTheAddress) {
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

TEST(Linux, UnixListenerClosesOnThoseWhoWait) {
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

TEST(Linux, AFullBufferStopsTheWriter) {
  compare([](Side& s) {
    auto [client, server] = s.connected(s.listener());
    std::string block(16 * 1024, 'x');
    Operation operation(OpKind::send);
    operation.handle.number = client;
    operation.const_data = block.data();
    operation.size = block.size();
    int taken = 0;
    while (s.world.attempt(operation) > 0) {
      if (++taken % 16 == 0) s.settle();
    }
    s.settle();
    while (s.world.attempt(operation) > 0) s.settle();
    s.poll(client);
    std::string sink(64 * 1024, '\0');
    Operation drain(OpKind::recv);
    drain.handle.number = server;
    drain.data = sink.data();
    drain.size = sink.size();
    while (s.world.attempt(drain) > 0) s.settle();
    s.poll(client);
  });
}

}  // namespace
}  // namespace loquat::sim
