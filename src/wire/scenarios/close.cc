// Orderly closes.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>

#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

constexpr Duration delayed_ack = milliseconds(60);  // the kernel sends its delayed ACK by then

void close4(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.close();
  lab.settle(delayed_ack);
  story.check(lab.states() == States{State::fin_wait_2, State::close_wait},
              "FIN-WAIT-2 against CLOSE-WAIT in the middle");
  peer.close();
  lab.settle();
  story.check(story.count("fin all") == 2 && story.frames().size() == 7, "four segments close it: FIN, ACK, FIN, ACK");
  lab.check_ends({State::time_wait, State::closed});
  lab.conclude(texts::close_conclusion);
}

void close3(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.sendall("byebye");  // until the first data the kernel delays an ACK for less than 4 ms, then for 40
  peer.recv(512);
  lab.settle(delayed_ack);
  peer.setsockopt(IPPROTO_TCP, TCP_QUICKACK, 0, "TCP_QUICKACK");  // a young connection's are not delayed at all
  client.close();
  peer.recv(512);  // returns when the FIN has come, long before its ACK is due
  peer.close();
  lab.settle();
  story.check(story.count("fin all") == 2 && story.frames().size() == 8, "three segments close it: FIN, FIN+ACK, ACK");
  lab.check_ends({State::time_wait, State::closed});
  lab.conclude(texts::close3_conclusion);
}

void half_close(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  client.sendall("3 1 2");
  peer.recv(512);
  client.shutdown_write();
  story.check(peer.recv(512).empty() && peer.error() == 0, "the server should see the end of the stream");
  lab.settle(delayed_ack);
  story.check(lab.states() == States{State::fin_wait_2, State::close_wait},
              "FIN-WAIT-2 against CLOSE-WAIT in the middle");
  peer.sendall("1 2 3");
  story.check(client.recv(512) == "1 2 3", "the answer should arrive although the client has sent its FIN");
  peer.close();
  client.recv(512);
  client.close();
  lab.settle(delayed_ack);
  story.check(story.count("rst") == 0, "nothing should be reset");
  lab.check_ends({State::time_wait, State::closed});
  lab.conclude(texts::half_close_conclusion);
}

void simultaneous_close(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  lab.wire().hold();
  client.close();
  peer.close();
  lab.wait_until([&] { return lab.wire().held() == 2; }, milliseconds(500));
  lab.wire().release();
  lab.settle(delayed_ack);
  story.check(
      story.count("fin all") == 2 && story.saw(Side::client, State::closing) && story.saw(Side::server, State::closing),
      "two FINs that cross, and both ends in CLOSING");
  lab.check_ends({State::time_wait, State::time_wait});
  lab.conclude(texts::simultaneous_close_conclusion);
}

}  // namespace

std::vector<Scenario> close_scenarios() {
  return {
      {"close", close4}, {"close3", close3}, {"half-close", half_close}, {"simultaneous-close", simultaneous_close}};
}

}  // namespace loquat::wire
