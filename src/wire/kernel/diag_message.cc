#include "wire/kernel/diag_message.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace loquat::wire::kernel {
namespace {

template <class T>
T copied(std::span<const std::byte> bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(T)));
  return value;
}

Address v4_address(const void* address, std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = port;
  std::memcpy(&v4.sin_addr, address, sizeof(v4.sin_addr));
  return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
}

Address diag_address(int family, const std::uint32_t (&address)[4], std::uint16_t port, std::uint32_t interface) {
  if (family == AF_INET) return v4_address(address, port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = port;
  std::memcpy(&v6.sin6_addr, address, sizeof(v6.sin6_addr));
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return v4_address(&address[3], port);
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) v6.sin6_scope_id = interface;
  return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
}

void read_attribute(int type, std::span<const std::byte> data, SocketFacts& facts) {
  if (type == INET_DIAG_INFO) {
    facts.info = read_tcp_info(data);
  } else if (type == INET_DIAG_CONG) {
    std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    facts.congestion = text.substr(0, text.find('\0'));
  } else if (type == INET_DIAG_SHUTDOWN && !data.empty()) {
    facts.shut_down = static_cast<std::uint8_t>(data[0]);
  } else if (type == INET_DIAG_SKV6ONLY && !data.empty()) {
    facts.v6_only = data[0] != std::byte{0};
  } else if (type == INET_DIAG_SKMEMINFO && data.size() >= sizeof(std::uint32_t) * SK_MEMINFO_VARS) {
    auto memory = copied<std::array<std::uint32_t, SK_MEMINFO_VARS>>(data);
    facts.receive_buffer = memory[SK_MEMINFO_RCVBUF];
    facts.send_buffer = memory[SK_MEMINFO_SNDBUF];
  }
}

void read_attributes(std::span<const std::byte> rest, SocketFacts& facts) {
  while (rest.size() >= sizeof(rtattr)) {
    auto head = copied<rtattr>(rest);
    if (head.rta_len < sizeof(rtattr) || head.rta_len > rest.size()) return;
    read_attribute(head.rta_type, rest.subspan(sizeof(rtattr), head.rta_len - sizeof(rtattr)), facts);
    rest = rest.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), rest.size()));
  }
}

// An end as sock_diag's four words; false: not an IP address.
bool put_end(const Address& end, std::uint32_t (&words)[4], std::uint16_t& port, int& family) {
  port = htons(end.port());
  if (end.family() == AF_INET) {
    auto v4 = copied<sockaddr_in>(std::as_bytes(std::span(reinterpret_cast<const char*>(end.data()), end.size())));
    words[0] = v4.sin_addr.s_addr;
    family = AF_INET;
    return true;
  }
  if (end.family() != AF_INET6) return false;
  auto v6 = copied<sockaddr_in6>(std::as_bytes(std::span(reinterpret_cast<const char*>(end.data()), end.size())));
  bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
  family = mapped ? AF_INET : AF_INET6;
  if (mapped) {
    std::memcpy(&words[0], &v6.sin6_addr.s6_addr[12], sizeof(words[0]));
  } else {
    std::memcpy(&words[0], &v6.sin6_addr, sizeof(v6.sin6_addr));
  }
  return true;
}

}  // namespace

std::optional<DiagMessage> next_message(std::span<const std::byte>& rest) {
  if (rest.size() < sizeof(nlmsghdr)) return std::nullopt;
  auto head = copied<nlmsghdr>(rest);
  if (head.nlmsg_len < sizeof(nlmsghdr) || head.nlmsg_len > rest.size()) return std::nullopt;
  DiagMessage message{head.nlmsg_seq, head.nlmsg_type == NLMSG_DONE, 0,
                      rest.subspan(sizeof(nlmsghdr), head.nlmsg_len - sizeof(nlmsghdr))};
  if (head.nlmsg_type == NLMSG_ERROR) message.error = -copied<nlmsgerr>(message.body).error;
  rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), rest.size()));
  return message;
}

std::optional<SocketFacts> read_facts(std::span<const std::byte> body) {
  if (body.size() < sizeof(inet_diag_msg)) return std::nullopt;
  auto raw = copied<inet_diag_msg>(body);
  if (raw.idiag_family != AF_INET && raw.idiag_family != AF_INET6) return std::nullopt;
  SocketFacts facts;
  facts.local = diag_address(raw.idiag_family, raw.id.idiag_src, raw.id.idiag_sport, raw.id.idiag_if);
  facts.remote = diag_address(raw.idiag_family, raw.id.idiag_dst, raw.id.idiag_dport, raw.id.idiag_if);
  facts.state = state_of(raw.idiag_state);
  facts.timer = raw.idiag_timer <= 4 ? static_cast<Timer>(raw.idiag_timer) : Timer::none;
  facts.expires = std::chrono::milliseconds(static_cast<std::int32_t>(raw.idiag_expires));
  facts.retransmits = raw.idiag_retrans;
  facts.recv_queue = raw.idiag_rqueue;
  facts.send_queue = raw.idiag_wqueue;
  facts.uid = raw.idiag_uid;
  facts.inode = raw.idiag_inode;
  facts.interface = raw.id.idiag_if;
  facts.cookie = raw.id.idiag_cookie[0] | static_cast<std::uint64_t>(raw.id.idiag_cookie[1]) << 32;
  read_attributes(body.subspan(sizeof(inet_diag_msg)), facts);
  bool whole = facts.state != State::time_wait && facts.state != State::syn_received;
  if (!whole && facts.inode == 0) facts.info.reset();
  return facts;
}

bool put_identity(const Address& local, const Address& remote, inet_diag_req_v2& request) {
  int near = AF_UNSPEC;
  int far = AF_UNSPEC;
  if (!put_end(local, request.id.idiag_src, request.id.idiag_sport, near)) return false;
  if (remote.family() != AF_UNSPEC && !put_end(remote, request.id.idiag_dst, request.id.idiag_dport, far)) return false;
  if (far != AF_UNSPEC && far != near) return false;
  request.sdiag_family = static_cast<std::uint8_t>(near);
  request.id.idiag_if = local.scope_id() != 0 ? local.scope_id() : remote.scope_id();
  return true;
}

}  // namespace loquat::wire::kernel
