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
  lab.conclude(
      {"The SYN had to wait: first the client asked everybody who has 10.0.0.2, and the owner answered with its "
       "hardware address.",
       "SYN 得先等着：客户端先问大家谁是 10.0.0.2，主人报出自己的硬件地址，SYN 才能发出。"});
}

bool is_ipv4(FrameBytes frame, std::uint8_t protocol) {
  const auto ip = codec::find_network(frame, codec::LinkType::ethernet);
  return ip && !ip->v6 && ip->protocol == protocol;
}

std::optional<Refusal> refuse_by_icmp(Side from, FrameBytes frame) {
  if (from != Side::client || !is_ipv4(frame, IPPROTO_TCP)) return std::nullopt;
  return Refusal{{"taken off the wire by a firewall: this program plays it", "被防火墙拦下：防火墙由本程序扮演"},
                 icmp_error(frame, {.router = router_address, .type = 3, .code = 3}),
                 {"the firewall's answer, made by this program; the server has not seen the SYN",
                  "防火墙的回答，由本程序写成；服务器没有看到 SYN"}};
}

void icmp_reject(Lab& lab, Story& story) {
  Listener server = lab.listen();
  lab.wire().route(refuse_by_icmp);
  Program client = lab.client();
  story.check(client.connect() == ECONNREFUSED, "connect() should fail with ECONNREFUSED");
  lab.settle();
  story.check(story.frames().size() == 2 && story.count("s>c icmp") == 1, "a SYN and an ICMP message");
  lab.conclude({"Refused by a firewall with ICMP \"port unreachable\"; to the program it looks like a closed port.",
                "防火墙用 ICMP“端口不可达”拒绝了；在程序看来和端口没有打开一样。"});
}

std::size_t ip_length(FrameBytes frame) { return frame.size() - 14; }

// A router whose next link takes packets of 1000 bytes.
std::optional<Refusal> narrow_link(Side, FrameBytes frame) {
  constexpr std::uint16_t mtu = 1000;
  if (!is_ipv4(frame, IPPROTO_TCP) || ip_length(frame) <= mtu) return std::nullopt;
  return Refusal{{"too big for the next link (1000 bytes): dropped by the router, which this program plays",
                  "下一条链路只容 1000 字节，装不下：被路由器丢掉，路由器由本程序扮演"},
                 icmp_error(frame, {.router = router_address, .type = 3, .code = 4, .next_mtu = mtu}),
                 {"\"fragmentation needed, next link: 1000 bytes\": made by this program, as that router",
                  "“需要分片，下一条链路 1000 字节”：由扮演路由器的本程序写成"}};
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
  lab.conclude({"The router's ICMP message told the size that fits; TCP sent the same bytes again in smaller segments.",
                "路由器的 ICMP 报文说出了装得下的大小，TCP 把同样的字节改用更小的报文段重发。"});
}

}  // namespace

std::vector<Scenario> below_scenarios() {
  return {{"arp", arp, {.know_neighbours = false}}, {"icmp-reject", icmp_reject}, {"pmtud", pmtud}};
}

}  // namespace loquat::wire
