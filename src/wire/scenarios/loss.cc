// What the network does to segments, and how TCP mends it. (A lost SYN: open.cc.)
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>

#include "wire/scenarios/scenario.h"

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
  lab.conclude(
      {"No segment followed the lost one, so only a timer could detect the loss: first that of the probe, then the "
       "RTO.",
       "丢失的报文段后面没有别的报文段，只有定时器能发现丢失：先是探测的定时器，然后是 RTO。"});
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
  lab.conclude({"The segments behind the gap brought duplicate ACKs, and those the missing one, within a round trip.",
                "缺口后面的报文段引出重复 ACK，重复 ACK 又在一个往返之内引出缺失的报文段。"});
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
  lab.conclude({"The program has read the bytes once: the copy's sequence numbers had been received before.",
                "程序只读到一次：副本的序号已经收到过了。"});
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
  lab.conclude({"One duplicate ACK is not three: the sender waited, and the gap closed by itself.",
                "一个重复 ACK 不是三个：发送方等了一下，缺口自己就补上了。"});
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
  lab.conclude(
      {"The checksum did not fit, so the kernel threw the segment away without a word; the sender's clock did the "
       "rest.",
       "校验和不对，内核一声不响地丢掉了这个报文段；其余的由发送方的时钟来完成。"});
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
