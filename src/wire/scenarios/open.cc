// How connections begin, and how that fails.
#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void handshake(Lab& lab, Story& story) {
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == 0, "connect() should succeed");
  lab.settle();
  Program peer = server.accept();
  story.check(story.frames().size() == 3 && story.count("c>s syn") == 1 && story.count("s>c synack") == 1 &&
                  story.count("c>s ack") == 1,
              "three segments: SYN, SYN+ACK, ACK");
  lab.check_ends({State::established, State::established});
  lab.conclude({"Both ends know now that the other one hears them, and where its numbers begin.",
                "双方现在都知道对方能听到自己，也知道对方的序号从哪里开始。"});
}

void simultaneous_open(Lab& lab, Story& story) {
  Program client = lab.client();
  Program server = lab.connecting_server();
  lab.wire().hold();
  const auto left = spawn([&] { return client.connect(); });
  const auto right = spawn([&] { return server.connect(); });
  lab.wait_until([&] { return lab.wire().held() == 2; }, seconds(1));
  lab.wire().release();
  story.check(left.get() == 0 && right.get() == 0, "both connect() should succeed");
  lab.settle();
  story.check(story.count("syn all") == 2 && story.saw(Side::client, State::syn_received) &&
                  story.saw(Side::server, State::syn_received),
              "two SYNs, and both ends in SYN-RECEIVED");
  lab.check_ends({State::established, State::established});
  lab.conclude({"One connection and nobody had called listen(): each side's SYN met a socket in SYN-SENT.",
                "只有一个连接，而且没有人调用过 listen()：双方的 SYN 到达时，对方的套接字都处于 SYN-SENT。"});
}

void syn_lost(Lab& lab, Story& story) {
  lab.wire().fault("drop", "c>s syn all");
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == ETIMEDOUT, "connect() should raise TimeoutError");
  story.check(story.count("c>s syn") == 3, "three SYNs: the first and tcp_syn_retries = 2 more");
  lab.check_ends({State::closed, State::listen});
  lab.conclude({"Sent after 0, 1 and 3 s, given up after 7 s. The server has never heard of it.",
                "在 0、1、3 秒时各发一次，7 秒后放弃。服务器对此一无所知。"});
}

void synack_lost(Lab& lab, Story& story) {
  lab.wire().fault("drop", "s>c synack");
  // Both ends' timers would run out at the same moment, in random order. So a slow SYN sets the server's later, and
  // what both send again is slow enough to cross.
  lab.wire().fault("delay", "c>s syn 70ms");
  lab.wire().fault("delay", "c>s syn #2 200ms");
  lab.wire().fault("delay", "s>c synack #2 300ms");
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == 0, "connect() should succeed in the end");
  lab.settle(milliseconds(60));
  story.check(story.count("c>s syn all") == 2 && story.count("s>c synack all") == 3,
              "the SYN is sent twice and the SYN+ACK three times");
  story.check(lab.counter(Side::client, "TCPSYNChallenge") == 1, "the doubled SYN+ACK is answered by a challenge ACK");
  lab.check_ends({State::established, State::established});
  lab.conclude({"The handshake took a second more: that long waits whoever has measured no round trip yet.",
                "握手多用了一秒：还没有测过往返时间的一方就等这么久。"});
}

void closed_port(Lab& lab, Story& story) {
  Program client = lab.client();
  story.check(client.connect() == ECONNREFUSED, "connect() should raise ConnectionRefusedError");
  lab.settle();
  story.check(story.frames().size() == 2 && story.count("c>s syn") == 1 && story.count("s>c rst") == 1,
              "two segments: SYN, RST+ACK");
  lab.check_ends({State::closed, State::closed});
  lab.conclude({"Refused within one round trip: the machine is there, and no program listens at that port.",
                "一个往返之内就被拒绝：机器在，但没有程序监听这个端口。"});
}

void filtered(Lab& lab, Story& story) {
  story.note({"A firewall on the way drops whatever goes to this port.", "途中的防火墙丢弃所有发往这个端口的报文。"});
  lab.wire().fault("drop", "c>s tcp all");
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == ETIMEDOUT, "connect() should raise TimeoutError");
  story.check(story.count("s>c tcp") == 0, "nothing should come back");
  lab.check_ends({State::closed, State::listen});
  lab.conclude(
      {"Silence, where a closed port would have answered at once. From the client's side a firewall that drops, "
       "a lost SYN and a machine that is off look the same.",
       "没有任何回音；如果只是端口关闭，马上就会有回答。从客户端看，丢包的防火墙、丢失的 SYN 和关机的机器是一样的。"});
}

void backlog(Lab& lab, Story& story) {
  Listener server = lab.listen(1);
  Program first = lab.client(), second = lab.client(), third = lab.client();
  story.check(first.connect() == 0 && second.connect() == 0, "two connections fit into listen(1)");
  lab.settle();
  third.settimeout(milliseconds(1500));
  story.check(third.connect() != 0, "the third should get no answer");
  story.check(lab.counter(Side::server, "ListenOverflows") >= 2, "the server's kernel should count ListenOverflows");
  story.check(lab.states(third.addresses()).server == State::listen, "the server knows nothing of the third");
  lab.conclude(
      {"The queue of listen(1) holds two connections that nobody accepts. The third client's SYNs arrive and are "
       "dropped; it cannot tell that from a loss on the way.",
       "listen(1) 的队列里有两个没有人 accept 的连接。第三个客户端的 SYN "
       "到了，却被丢弃；它无法把这和途中丢包区分开。"});
}

}  // namespace

std::vector<Scenario> open_scenarios() {
  return {{"handshake", handshake},     {"simultaneous-open", simultaneous_open},
          {"syn-lost", syn_lost},       {"synack-lost", synack_lost},
          {"closed-port", closed_port}, {"filtered", filtered},
          {"backlog", backlog}};
}

}  // namespace loquat::wire
