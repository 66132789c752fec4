// How connections begin, and how that fails.
#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

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
  lab.conclude(texts::handshake_conclusion);
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
  lab.conclude(texts::simultaneous_open_conclusion);
}

void syn_lost(Lab& lab, Story& story) {
  lab.wire().fault("drop", "c>s syn all");
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == ETIMEDOUT, "connect() should raise TimeoutError");
  story.check(story.count("c>s syn") == 3, "three SYNs: the first and tcp_syn_retries = 2 more");
  lab.check_ends({State::closed, State::listen});
  lab.conclude(texts::syn_lost_conclusion);
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
  lab.conclude(texts::synack_lost_conclusion);
}

void closed_port(Lab& lab, Story& story) {
  Program client = lab.client();
  story.check(client.connect() == ECONNREFUSED, "connect() should raise ConnectionRefusedError");
  lab.settle();
  story.check(story.frames().size() == 2 && story.count("c>s syn") == 1 && story.count("s>c rst") == 1,
              "two segments: SYN, RST+ACK");
  lab.check_ends({State::closed, State::closed});
  lab.conclude(texts::closed_port_conclusion);
}

void filtered(Lab& lab, Story& story) {
  story.note(texts::firewall_drops_port);
  lab.wire().fault("drop", "c>s tcp all");
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == ETIMEDOUT, "connect() should raise TimeoutError");
  story.check(story.count("s>c tcp") == 0, "nothing should come back");
  lab.check_ends({State::closed, State::listen});
  lab.conclude(texts::filtered_conclusion);
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
  lab.conclude(texts::backlog_conclusion);
}

}  // namespace

std::vector<Scenario> open_scenarios() {
  return {{"handshake", handshake},     {"simultaneous-open", simultaneous_open},
          {"syn-lost", syn_lost},       {"synack-lost", synack_lost},
          {"closed-port", closed_port}, {"filtered", filtered},
          {"backlog", backlog}};
}

}  // namespace loquat::wire
