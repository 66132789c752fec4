// Forged frames, and how TCP withstands them. The wire makes them and marks them so; they never leave the two private
// namespaces.
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "codec/network/segment.h"
#include "wire/scenarios/made_frame.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

constexpr int forged = 8;         // SYNs of the flood
constexpr int max_half_open = 5;  // connections that listen(4) keeps

Address stranger(int number) {
  return {"10.0.0." + std::to_string(100 + number), static_cast<std::uint16_t>(50000 + number)};
}

// Makes the server believe that the stranger's machine exists, as a router would by answering ARP.
void pretend_neighbour(Lab& lab, const Address& address) {
  const Socket socket = lab.socket(Side::server, SOCK_DGRAM);
  arpreq entry{};
  std::memcpy(&entry.arp_pa, address.data(), address.size());
  reinterpret_cast<sockaddr_in*>(&entry.arp_pa)->sin_port = 0;
  entry.arp_ha.sa_family = ARPHRD_ETHER;
  std::memcpy(entry.arp_ha.sa_data, wire_mac.data(), wire_mac.size());
  entry.arp_flags = ATF_PERM | ATF_COM;
  std::strncpy(entry.arp_dev, "eth0", sizeof entry.arp_dev - 1);
  if (::ioctl(socket.fileno(), SIOCSARP, &entry) != 0) throw_oserror(errno, {"SIOCSARP", address.str(), {}, 0});
}

// What the server sends to a stranger gets lost: nobody is there.
std::optional<Refusal> nobody_there(Side from, std::span<const std::byte> frame) {
  const auto segment = codec::find_segment(frame);
  if (from != Side::server || !segment || segment->destination.text().starts_with("10.0.0.1:")) return std::nullopt;
  return Refusal{texts::no_such_address};
}

// Forged SYNs, each from another stranger, one after the other: those that are answered with so much time between them
// that the kernel's clocks, 32 ms coarse, run out in the same order each time.
void flood(Lab& lab) {
  lab.wire().route(nobody_there);
  for (int number = 1; number <= forged; ++number) {
    pretend_neighbour(lab, stranger(number));
    lab.inject(Side::server,
               made_segment({.source = stranger(number),
                             .destination = lab.addresses().server,
                             .from = wire_mac,
                             .to = kernel::PrivateNetwork::mac(Side::server),
                             .seq = 0x10000000u * static_cast<std::uint32_t>(number),
                             .flags = codec::tcp::syn}),
               texts::forged_here);
    lab.settle(milliseconds(number <= max_half_open ? 40 : 20));
  }
}

// SYN-ACKs, without those that are sent again while a busy machine still makes the flood.
int answered_syns(const Story& story) {
  const Fault synack = parse_fault(Fault::Kind::drop, "s>c synack all");
  return static_cast<int>(std::count_if(story.frames().begin(), story.frames().end(), [&](const Frame& frame) {
    return frame.retransmission_of == 0 && synack.fits(frame.from, frame.bytes);
  }));
}

void syn_flood(Lab& lab, Story& story) {
  Listener server = lab.listen(4);
  flood(lab);
  const int answered = answered_syns(story);
  story.note(texts::half_open_table_full(answered, forged));
  Program client = lab.client();
  client.setsockopt(IPPROTO_TCP, TCP_SYNCNT, 1, "TCP_SYNCNT");
  const int error = client.connect();
  lab.settle();
  story.check(answered == max_half_open, "listen(4) keeps five half-open connections");
  story.check(error == ETIMEDOUT && lab.states().server == State::listen,
              "the honest client gets no answer and gives up");
  story.check(lab.counter(Side::server, "TCPReqQFullDrop") > 0, "the kernel counts TCPReqQFullDrop");
  lab.conclude(texts::syn_flood_conclusion);
}

void syn_cookies(Lab& lab, Story& story) {
  lab.network().sysctl(Side::server, "tcp_syncookies", "1");
  Listener server = lab.listen(4);
  flood(lab);
  story.note(texts::all_syns_answered);
  Program client = lab.client();
  const int error = client.connect();
  lab.settle();
  Program peer = server.accept();
  lab.settle();
  State while_held = State::unknown;  // of the server, when its SYN,ACK to the honest client was on the wire
  for (const Frame& frame : story.frames()) {
    const auto segment = codec::find_segment(frame.bytes);
    if (segment && frame.fate == Fate::delivered && segment->flags == (codec::tcp::syn | codec::tcp::ack))
      while_held = frame.after.server;
  }
  story.check(error == 0 && lab.states() == States{State::established, State::established},
              "the honest client gets in");
  story.check(while_held == State::listen, "the server keeps nothing of it before the ACK: LISTEN");
  story.check(lab.counter(Side::server, "SyncookiesSent") == forged - max_half_open + 1,
              "the kernel counts SyncookiesSent");
  story.check(lab.counter(Side::server, "SyncookiesRecv") == 1, "the kernel counts one SyncookiesRecv");
  lab.conclude(texts::syn_cookies_conclusion);
}

// The next sequence number that the client expects: the end of what the server has sent so far.
std::uint32_t expected_by_client(const Story& story) {
  std::uint32_t next = 0;
  for (const Frame& frame : story.frames())
    if (const auto segment = codec::find_segment(frame.bytes); segment && frame.from == Side::server)
      next = segment->end();
  return next;
}

void challenge_ack(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  lab.inject(Side::client,
             made_segment({.source = lab.addresses().server,
                           .destination = lab.addresses().client,
                           .from = kernel::PrivateNetwork::mac(Side::server),
                           .to = kernel::PrivateNetwork::mac(Side::client),
                           .seq = expected_by_client(story) + 1000,
                           .flags = codec::tcp::rst,
                           .window = 0}),
             texts::forged_reset);
  lab.settle();
  story.check(lab.states() == States{State::established, State::established}, "the connection outlives the forged RST");
  story.check(lab.counter(Side::client, "TCPChallengeACK") == 1 && story.frames().size() == 5,
              "the client asks by a challenge ACK");
  client.sendall("still here");
  story.check(peer.recv(64) == "still here", "data flows on");
  lab.settle();
  lab.conclude(texts::challenge_ack_conclusion);
}

}  // namespace

std::vector<Scenario> attack_scenarios() {
  return {{"syn-flood", syn_flood}, {"syn-cookies", syn_cookies}, {"challenge-ack", challenge_ack}};
}

}  // namespace loquat::wire
