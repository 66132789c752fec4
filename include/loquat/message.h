// message.h - what recvmsg() gives and sendmsg() takes beside bytes: addresses, flags and ancillary data.
//
//   Units     Sizes are bytes.
//   Lifetime  Values; nothing refers to the socket. Descriptors that came in are the receiver's to close.
//
// Layer: net (docs/layers.txt).  Source: cmsg(3), recvmsg(2), Python socket.recvmsg, socket.send_fds.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "loquat/address.h"

namespace loquat {

// One control message, such as {SOL_SOCKET, SCM_RIGHTS, the descriptors' bytes}.
struct Ancillary {
  int level = 0;
  int type = 0;
  std::string data;

  // {SOL_SOCKET, SCM_RIGHTS}: descriptors for the process at the other end of a Unix socket. unix(7).
  static Ancillary rights(std::span<const int> fds);
  // Where a datagram is to leave: from the address `source` (its port does not count; the wildcards "" and "::" leave
  // that to the kernel) by the interface of that number (0: any). {IPPROTO_IP, IP_PKTINFO} of ip(7) or
  // {IPPROTO_IPV6, IPV6_PKTINFO} of ipv6(7), by the family of `source`.
  static Ancillary packet_info(const Address& source, unsigned interface = 0);
  // How many routers a datagram may pass: {IPPROTO_IP, IP_TTL} or {IPPROTO_IPV6, IPV6_HOPLIMIT}.
  static Ancillary hop_limit(int family, int hops);
  // One value of a C type: Ancillary::of(IPPROTO_IPV6, IPV6_HOPLIMIT, 3).
  template <class T>
  static Ancillary of(int level, int type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {level, type, std::string(reinterpret_cast<const char*>(&value), sizeof(T))};
  }
  // The data as a C type; T{} if there are fewer bytes than it has.
  template <class T>
  T as() const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (data.size() >= sizeof(T)) std::memcpy(&value, data.data(), sizeof(T));
    return value;
  }
  // The descriptors of SCM_RIGHTS; of any other message none.
  std::vector<int> fds() const;
};

// Where a datagram came in.
struct PacketInfo {
  Address address;         // that it was sent to, with port 0
  unsigned interface = 0;  // its number (names.h: if_indextoname)
};

// A message that was received.
struct Message {
  std::string data;                  // empty where the caller gave the buffers
  std::size_t size = 0;              // of the data
  std::vector<Ancillary> ancillary;  // those that arrived whole, and the part of the last that had room
  int flags = 0;    // MSG_TRUNC: a datagram was longer; MSG_CTRUNC: ancillary data did not fit; MSG_EOR
  Address address;  // of the sender; of a connected stream mostly none (AF_UNSPEC)

  // Out of `ancillary`: all descriptors; and of a datagram, if the socket was told to say it, where it came in and how
  // many routers it could still have passed. Those who tell it: setsockopt(IPPROTO_IP, IP_PKTINFO or IP_RECVTTL, 1),
  // setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO or IPV6_RECVHOPLIMIT, 1).
  std::vector<int> fds() const;
  std::optional<PacketInfo> packet_info() const;
  std::optional<int> hop_limit() const;
};

// Room for one control message of `size` bytes, and for that with what has to follow before the next.
// Source: CMSG_LEN and CMSG_SPACE of cmsg(3).
std::size_t cmsg_len(std::size_t size) noexcept;
std::size_t cmsg_space(std::size_t size) noexcept;

}  // namespace loquat
