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
    lab.act(Side::client, {"sends echo request " + std::to_string(number), "发出回显请求 " + std::to_string(number)});
    socket.send(request);
    try {
      const std::string reply = socket.recv(512);
      if (reply.size() == request.size() && reply[0] == 0 && reply[7] == number && reply.substr(8) == request.substr(8))
        ++answers;
      lab.act(Side::client, {"recv() = " + std::to_string(reply.size()) + " bytes: the reply",
                             "recv() = " + std::to_string(reply.size()) + " 字节：应答"});
    } catch (const TimeoutError&) {
      lab.act(Side::client, {"no reply within a second", "一秒内没有应答"});
    }
  }
  lab.settle();
  story.check(answers == 3 && story.count("s>c icmp all") == 3, "three requests, three replies with the same data");
  lab.conclude({"The server's kernel answered each; no program ran there.",
                "每次都是服务器的内核回答的，那里没有运行任何程序。"});
}

// Routers in a row: the one that counts a TTL down to 0 reports it.
std::optional<Refusal> row_of_routers(Side from, FrameBytes frame) {
  constexpr std::uint8_t routers = 2;
  const auto ip = codec::find_network(frame, codec::LinkType::ethernet);
  if (from != Side::client || !ip || ip->v6 || ip->protocol != IPPROTO_UDP) return std::nullopt;
  const std::uint8_t ttl = codec::be8(frame, ip->header + 8);
  if (ttl > routers) return std::nullopt;
  const std::string router = "10.0." + std::to_string(ttl) + ".1";
  return Refusal{{"TTL used up at router " + router + ", which this program plays",
                  "TTL 在路由器 " + router + " 用完，它由本程序扮演"},
                 icmp_error(frame, {.router = router, .type = 11, .code = 0}),
                 {"\"time exceeded\" from router " + router + ": made by this program",
                  "路由器 " + router + " 的“超时”：由本程序写成"}};
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
    lab.act(Side::client, {"sendto() with TTL " + std::to_string(ttl), "sendto()，TTL 为 " + std::to_string(ttl)});
    socket.sendto("who is there?", {lab.network().address(Side::server), port});
    const std::string who = who_reported(lab, socket);
    lab.act(Side::client, {std::to_string(ttl) + "  " + (who.empty() ? "*" : who), {}});
    way += who + " ";
  }
  lab.settle();
  story.check(way == "10.0.1.1 10.0.2.1 10.0.0.2 ", "two routers report, then the server");
  lab.conclude(
      {"Two routers, played by this program, and then the server itself: its kernel says \"port unreachable\".",
       "先是本程序扮演的两个路由器，然后是服务器自己：它的内核说“端口不可达”。"});
}

}  // namespace

std::vector<Scenario> icmp_scenarios() { return {{"ping", ping, {}, 0}, {"traceroute", traceroute, {}, 33434}}; }

}  // namespace loquat::wire
