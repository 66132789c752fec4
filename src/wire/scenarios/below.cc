// What lies below TCP: who has this address, and what routers have to say. Where a router answers, the wire plays it.
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/network/network.h"
#include "wire/scenarios/made_frame.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::seconds;
using FrameBytes = std::span<const std::byte>;

constexpr std::string_view router_address = "10.0.0.254";

void arp(Lab& lab, Story& story) {
  Listener server = lab.listen();
  Program client = lab.client();
  story.check(client.connect() == 0, "connect() should succeed");
  lab.settle();
  const auto& frames = story.frames();
  story.check(story.count("c>s arp all") == 1 && story.count("s>c arp all") == 1 && frames.size() == 5,
              "a question and an answer before the handshake");
  story.check(!frames.empty() && frames[0].at_sending.client == State::syn_sent,
              "the client is SYN-SENT while its SYN waits for the answer");
  lab.conclude(texts::arp_conclusion);
}

bool is_ipv4(FrameBytes frame, std::uint8_t protocol) {
  const auto ip = codec::find_network(frame, codec::LinkType::ethernet);
  return ip && !ip->v6 && ip->protocol == protocol;
}

std::optional<Refusal> refuse_by_icmp(Side from, FrameBytes frame) {
  if (from != Side::client || !is_ipv4(frame, IPPROTO_TCP)) return std::nullopt;
  return Refusal{texts::firewall_played, icmp_error(frame, {.router = router_address, .type = 3, .code = 3}),
                 texts::firewall_answers};
}

void icmp_reject(Lab& lab, Story& story) {
  Listener server = lab.listen();
  lab.wire().route(refuse_by_icmp);
  Program client = lab.client();
  story.check(client.connect() == ECONNREFUSED, "connect() should fail with ECONNREFUSED");
  lab.settle();
  story.check(story.frames().size() == 2 && story.count("s>c icmp") == 1, "a SYN and an ICMP message");
  lab.conclude(texts::icmp_reject_conclusion);
}

std::size_t ip_length(FrameBytes frame) { return frame.size() - 14; }

// A router whose next link takes packets of 1000 bytes.
std::optional<Refusal> narrow_link(Side, FrameBytes frame) {
  constexpr std::uint16_t mtu = 1000;
  if (!is_ipv4(frame, IPPROTO_TCP) || ip_length(frame) <= mtu) return std::nullopt;
  return Refusal{texts::too_big_for_next_link,
                 icmp_error(frame, {.router = router_address, .type = 3, .code = 4, .next_mtu = mtu}),
                 texts::fragmentation_needed};
}

void pmtud(Lab& lab, Story& story) {
  constexpr std::size_t size = 1400;  // one segment, too big
  lab.wire().route(narrow_link);
  auto [server, client, peer] = lab.converse();
  client.sendall(std::string(size, 'x'));
  peer.socket().settimeout(seconds(2));
  std::size_t received = 0;
  while (received < size) {
    const std::size_t got = peer.recv(size).size();
    if (got == 0) break;
    received += got;
  }
  lab.settle();
  story.check(received == size, "all bytes arrive");
  const auto& frames = story.frames();
  story.check(std::any_of(frames.begin(), frames.end(), [](const Frame& frame) { return frame.by_wire; }),
              "the router reports the packet that is too big");
  story.check(
      std::all_of(frames.begin(), frames.end(),
                  [](const Frame& frame) { return frame.fate == Fate::dropped || ip_length(frame.bytes) <= 1000; }),
      "what arrives fits the narrow link");
  lab.conclude(texts::pmtud_conclusion);
}

}  // namespace

std::vector<Scenario> below_scenarios() {
  return {{"arp", arp, {.know_neighbours = false}}, {"icmp-reject", icmp_reject}, {"pmtud", pmtud}};
}

}  // namespace loquat::wire
