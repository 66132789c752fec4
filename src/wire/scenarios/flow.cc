// When a side may send: windows, Nagle; and keep-alive probes.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "codec/network/segment.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int closed_windows(const Story& story) {
  return static_cast<int>(std::count_if(story.frames().begin(), story.frames().end(), [](const Frame& frame) {
    const auto segment = codec::find_segment(frame.bytes);
    return segment && frame.from == Side::server && segment->window == 0 && !(segment->flags & codec::tcp::rst);
  }));
}

void zero_window(Lab& lab, Story& story) {
  constexpr std::size_t size = 20'000;
  lab.wire().latency(milliseconds(50));  // an ACK that waits 40 ms is sent before the next segment can come
  Listener server = lab.listen();
  server.socket().setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
  Program client = lab.client();
  client.connect();
  Program peer = server.accept();
  lab.settle();
  const auto sending = spawn([&] { return client.sendall(std::string(size, 'x')); });
  story.note(texts::program_does_not_recv);
  lab.wait_until([&] { return closed_windows(story) >= 3; }, seconds(4));  // once, and in answer to two probes
  story.check(closed_windows(story) >= 3, "the server should offer a window of 0, and repeat it when it is asked");
  std::size_t got = 0;
  while (got < size && peer.error() == 0) {
    const std::size_t piece = peer.recv(size).size();
    if (piece == 0) break;
    got += piece;
  }
  story.check(got == size && sending.get() == 0, "all bytes should arrive in the end");
  lab.settle(milliseconds(60));
  story.check(story.count("rst") == 0, "nothing should be reset");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::zero_window_conclusion);
}

void keepalive(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 1, "TCP_KEEPIDLE");
  client.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 1, "TCP_KEEPINTVL");
  client.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 2, "TCP_KEEPCNT");
  client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
  story.check(lab.wait_until([&] { return story.count("s>c ack") == 1; }, seconds(3)), "a probe should be answered");
  story.note(texts::cable_is_cut);
  lab.wire().cut();
  client.recv(512);
  story.check(client.error() == ETIMEDOUT, "the client's recv() should raise TimeoutError");
  lab.settle();
  story.check(story.count("c>s rst") == 1, "a last RST, that is lost as well");
  lab.check_ends({State::closed, State::established});
  lab.conclude(texts::keepalive_conclusion);
}

void nagle(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.sendall("hello");
  peer.recv(512);
  peer.sendall("hello yourself");
  client.recv(512);
  lab.settle(milliseconds(60));
  peer.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0, "TCP_QUICKACK");  // as in a connection with some history
  const std::size_t before = story.frames().size();
  client.sendall("GET ");
  client.sendall("/page");
  std::size_t got = 0;
  while (got < 9 && peer.error() == 0) got += peer.recv(512).size();
  lab.settle(milliseconds(60));
  std::vector<Frame> small;
  for (std::size_t i = before; i < story.frames().size(); ++i)
    if (story.frames()[i].from == Side::client && codec::find_segment(story.frames()[i].bytes)->length > 0)
      small.push_back(story.frames()[i]);
  story.check(small.size() == 2 && small[1].sent - small[0].sent >= milliseconds(30),
              "the second write should wait for the delayed ACK of the first");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::nagle_conclusion);
}

}  // namespace

std::vector<Scenario> flow_scenarios() {
  return {{"zero-window", zero_window}, {"nagle", nagle}, {"keepalive", keepalive}};
}

}  // namespace loquat::wire
