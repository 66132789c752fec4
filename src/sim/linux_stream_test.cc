// Streams, ends, resets and failed connects: the simulation against Linux.
#include "sim/linux_side.h"

namespace loquat::sim {
namespace {

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

TEST(Linux, SendingToAClosedPeer) {
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

TEST(Linux, ListenerClosesWithConnectionsInItsQueue) {
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

TEST(Linux, PeerThatClosedBeforeAccept) {
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
