// ICMP: echoes, and errors that routers report. The wire plays the routers.
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "codec/network/network.h"
#include "wire/scenarios/made_frame.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::seconds;
using FrameBytes = std::span<const std::byte>;

void ping(Lab& lab, Story& story) {
  lab.without_tcp();
  const std::string group = std::to_string(::getegid());
  lab.network().sysctl(Side::client, "ping_group_range", group + " " + group);
  Socket socket = lab.socket(Side::client, SOCK_DGRAM, IPPROTO_ICMP);
  socket.connect({lab.network().address(Side::server), 0});
  socket.settimeout(seconds(1));
  int answers = 0;
  for (char number = 1; number <= 3; ++number) {
    const char header[] = {8, 0, 0, 0, 0, 0, 0, number};  // echo request; the kernel fills in checksum and identifier
    const std::string request = std::string(header, sizeof header) + "loquat echo data";
    lab.act(Side::client, texts::sends_echo_request(number));
    socket.send(request);
    try {
      const std::string reply = socket.recv(512);
      if (reply.size() == request.size() && reply[0] == 0 && reply[7] == number && reply.substr(8) == request.substr(8))
        ++answers;
      lab.act(Side::client, texts::recv_echo_reply(reply.size()));
    } catch (const TimeoutError&) {
      lab.act(Side::client, texts::no_echo_reply);
    }
  }
  lab.settle();
  story.check(answers == 3 && story.count("s>c icmp all") == 3, "three requests, three replies with the same data");
  lab.conclude(texts::ping_conclusion);
}

// Routers in a row: the one that counts a TTL down to 0 reports it.
std::optional<Refusal> row_of_routers(Side from, FrameBytes frame) {
  constexpr std::uint8_t routers = 2;
  const auto ip = codec::find_network(frame, codec::LinkType::ethernet);
  if (from != Side::client || !ip || ip->v6 || ip->protocol != IPPROTO_UDP) return std::nullopt;
  const std::uint8_t ttl = codec::be8(frame, ip->header + 8);
  if (ttl > routers) return std::nullopt;
  const std::string router = "10.0." + std::to_string(ttl) + ".1";
  return Refusal{texts::ttl_used_up(router), icmp_error(frame, {.router = router, .type = 11, .code = 0}),
                 texts::time_exceeded(router)};
}

// The next report in the socket's error queue: "10.0.1.1". Empty: none came.
std::string who_reported(Lab& lab, Socket& socket) {
  std::string who;
  lab.wait_until(
      [&] {
        char data[512], control[512];
        iovec piece{data, sizeof data};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (::recvmsg(socket.fileno(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return false;
        for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
          if (part->cmsg_level != SOL_IP || part->cmsg_type != IP_RECVERR) continue;
          const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part));
          char text[INET_ADDRSTRLEN] = "";
          ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(SO_EE_OFFENDER(error))->sin_addr, text,
                      sizeof text);
          who = text;
        }
        return true;
      },
      seconds(1));
  return who;
}

void traceroute(Lab& lab, Story& story) {
  lab.without_tcp();
  lab.wire().route(row_of_routers);
  std::string way;
  for (int ttl = 1; ttl <= 3; ++ttl) {
    Socket socket = lab.socket(Side::client, SOCK_DGRAM);
    socket.bind({lab.network().address(Side::client), Lab::first_client_port});
    socket.setsockopt(SOL_IP, IP_TTL, ttl);
    socket.setsockopt(SOL_IP, IP_RECVERR, 1);
    const std::uint16_t port = static_cast<std::uint16_t>(33433 + ttl);
    lab.act(Side::client, texts::sendto_with_ttl(ttl));
    socket.sendto("who is there?", {lab.network().address(Side::server), port});
    const std::string who = who_reported(lab, socket);
    lab.act(Side::client, {std::to_string(ttl) + "  " + (who.empty() ? "*" : who), {}});
    way += who + " ";
  }
  lab.settle();
  story.check(way == "10.0.1.1 10.0.2.1 10.0.0.2 ", "two routers report, then the server");
  lab.conclude(texts::traceroute_conclusion);
}

}  // namespace

std::vector<Scenario> icmp_scenarios() { return {{"ping", ping, {}, 0}, {"traceroute", traceroute, {}, 33434}}; }

}  // namespace loquat::wire
