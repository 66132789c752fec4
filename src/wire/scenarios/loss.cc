// What the network does to segments, and how TCP mends it. (A lost SYN: open.cc.)
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>

#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

// As Linux does by itself; the lab has switched it off.
void probe_lost_tails(const Lab& lab) { lab.network().sysctl(Side::client, "tcp_early_retrans", "3"); }

// RACK grants a late segment an eighth of the round trip (RFC 8985 s.6.2): longer than a busy machine keeps the
// segments of a burst.
void lengthen_path(Lab& lab) { lab.wire().latency(milliseconds(50)); }

// Each piece becomes a segment of its own.
void send_pieces(Program& program, int pieces) {
  program.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  for (int i = 1; i <= pieces; ++i) program.sendall("piece " + std::to_string(i) + " ");
}

// Reads until `size` bytes have come.
void recv_all(Program& program, std::size_t size) {
  std::size_t got = 0;
  while (got < size) {
    const std::size_t piece = program.recv(512).size();
    if (piece == 0) return;
    got += piece;
  }
}

constexpr std::size_t piece_size = 8;

void loss_rto(Lab& lab, Story& story) {
  probe_lost_tails(lab);
  lab.wire().fault("drop", "c>s data #1-2");
  auto [server, client, peer] = lab.converse();
  client.sendall("lost twice");
  recv_all(peer, 10);
  lab.settle(milliseconds(60));
  story.check(story.count("c>s data") == 3, "the data should be sent three times");
  story.check(lab.counter(Side::client, "TCPTimeouts") >= 1, "the client's kernel should count TCPTimeouts");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::loss_rto_conclusion);
}

void loss_fast(Lab& lab, Story& story) {
  lengthen_path(lab);
  lab.wire().fault("drop", "c>s data #2");
  auto [server, client, peer] = lab.converse();
  send_pieces(client, 6);
  recv_all(peer, 6 * piece_size);
  lab.settle(milliseconds(60));
  story.check(story.count("c>s data") == 7, "one segment should be sent again");
  story.check(lab.counter(Side::client, "TCPFastRetrans") == 1, "the client's kernel should count TCPFastRetrans");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::loss_fast_conclusion);
}

void duplicate(Lab& lab, Story& story) {
  lab.wire().fault("duplicate", "c>s data");
  auto [server, client, peer] = lab.converse();
  client.sendall("once");
  story.check(peer.recv(512) == "once", "the server should read the data");
  lab.settle(milliseconds(60));
  story.check(story.count("c>s data") == 1, "the client should have sent it once");
  story.check(lab.counter(Side::server, "TCPDSACKOldSent") == 1, "the server's kernel should count TCPDSACKOldSent");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::duplicate_conclusion);
}

void reorder(Lab& lab, Story& story) {
  lengthen_path(lab);
  lab.wire().fault("reorder", "c>s data #2");
  auto [server, client, peer] = lab.converse();
  send_pieces(client, 4);
  recv_all(peer, 4 * piece_size);
  lab.settle(milliseconds(60));
  story.check(story.count("c>s data") == 4, "nothing should be sent again");
  story.check(lab.counter(Side::server, "TCPOFOQueue") == 1, "one segment should come too early");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::reorder_conclusion);
}

void corrupt(Lab& lab, Story& story) {
  probe_lost_tails(lab);
  lab.wire().fault("corrupt", "c>s data");
  auto [server, client, peer] = lab.converse();
  client.sendall("one bit");
  story.check(peer.recv(512) == "one bit", "the server should read what was sent");
  lab.settle(milliseconds(60));
  story.check(story.count("c>s data") == 2, "it should be sent twice");
  story.check(lab.counter(Side::server, "TcpInCsumErrors") == 1, "the server's kernel should count TcpInCsumErrors");
  lab.check_ends({State::established, State::established});
  lab.conclude(texts::corrupt_conclusion);
}

}  // namespace

std::vector<Scenario> loss_scenarios() {
  return {{"loss-rto", loss_rto},
          {"loss-fast", loss_fast},
          {"duplicate", duplicate},
          {"reorder", reorder},
          {"corrupt", corrupt}};
}

}  // namespace loquat::wire
