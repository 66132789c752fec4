// Resets.
#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

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
  lab.conclude(texts::reset_linger_conclusion);
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
  lab.conclude(texts::reset_unread_conclusion);
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
  lab.conclude(texts::reset_queue_conclusion);
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
  lab.conclude(texts::half_open_conclusion);
}

}  // namespace

std::vector<Scenario> reset_scenarios() {
  return {{"reset-linger", reset_linger},
          {"reset-unread", reset_unread},
          {"reset-queue", reset_queue},
          {"half-open", half_open}};
}

}  // namespace loquat::wire
