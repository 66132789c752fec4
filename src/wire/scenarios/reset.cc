// Resets.
#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

void reset_linger(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.reset();
  lab.settle();
  peer.recv(512);
  story.check(peer.error() == ECONNRESET, "the server's recv() should raise ConnectionResetError");
  story.check(story.count("c>s rst") == 1 && story.count("fin") == 0, "one RST and no FIN");
  story.check(lab.counter(Side::client, "TCPAbortOnData") == 1, "the client's kernel should count TCPAbortOnData");
  lab.check_ends({State::closed, State::closed});
  lab.conclude({"One segment, no TIME-WAIT, and whatever was still under way is lost.",
                "只有一个报文段，没有 TIME-WAIT，还在途中的数据都丢了。"});
}

void reset_unread(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.sendall("hello");
  lab.settle();
  peer.close();
  lab.settle();
  client.recv(512);
  story.check(client.error() == ECONNRESET, "the client's recv() should raise ConnectionResetError");
  story.check(story.count("s>c rst") == 1 && story.count("fin") == 0, "one RST and no FIN");
  story.check(lab.counter(Side::server, "TCPAbortOnClose") == 1, "the server's kernel should count TCPAbortOnClose");
  lab.check_ends({State::closed, State::closed});
  lab.conclude(
      {"The server's program closed while 5 bytes lay unread in its socket; a FIN would have claimed that all was "
       "well.",
       "服务器的程序关闭套接字时，里面还有 5 个字节没有读；如果发 FIN，就等于说一切正常。"});
}

void reset_queue(Lab& lab, Story& story) {
  Listener server = lab.listen();
  Program client = lab.client();
  client.connect();
  lab.settle();
  server.close();
  lab.settle();
  client.recv(512);
  story.check(client.error() == ECONNRESET, "the client's recv() should raise ConnectionResetError");
  story.check(story.count("s>c rst") == 1, "one RST");
  lab.check_ends({State::closed, State::closed});
  lab.conclude({"The client was connected to a queue, not to a program: accept() was never called.",
                "客户端只是连进了队列，并没有连到程序：accept() 从未被调用。"});
}

void half_open(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.sendall("still there?");
  peer.recv(512);
  lab.settle(milliseconds(60));
  const std::size_t frames = story.frames().size();
  peer.vanish();
  lab.settle(milliseconds(100));
  story.check(story.frames().size() == frames, "nothing should be sent when the server vanishes");
  story.check(lab.states() == States{State::established, State::closed},
              "the client should believe itself ESTABLISHED");
  client.sendall("hello?");
  lab.settle();
  client.recv(512);
  story.check(client.error() == ECONNRESET, "the client's recv() should raise ConnectionResetError");
  story.check(story.count("s>c rst") == 1, "one RST");
  lab.check_ends({State::closed, State::closed});
  lab.conclude({"Only sending finds it out: the server's kernel knows no such connection and answers RST.",
                "只有发送才会发现：服务器的内核不认识这个连接，回答 RST。"});
}

}  // namespace

std::vector<Scenario> reset_scenarios() {
  return {{"reset-linger", reset_linger},
          {"reset-unread", reset_unread},
          {"reset-queue", reset_queue},
          {"half-open", half_open}};
}

}  // namespace loquat::wire
