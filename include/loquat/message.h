// message.h - what recvmsg() returns and sendmsg() takes beside bytes: addresses, flags and ancillary data.
//
//   Units     Sizes are bytes.
//   Lifetime  All types are values; none refers to the socket. The receiver owns received descriptors and must close
//             them; destroying a Message or an Ancillary does not.
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

// One control message, for example {SOL_SOCKET, SCM_RIGHTS, the bytes of the descriptors}.
struct Ancillary {
  int level = 0;
  int type = 0;
  std::string data;

  // Copies of descriptors for the process at the other end of a Unix socket: {SOL_SOCKET, SCM_RIGHTS}. The descriptors
  // themselves stay the sender's. Source: unix(7).
  static Ancillary rights(std::span<const int> fds);
  // The source address and the interface of an outgoing datagram. The kernel chooses the address if `source` is a
  // wildcard ("" or "::"), and the interface if `interface` is 0. The port of `source` is ignored; its family selects
  // {IPPROTO_IP, IP_PKTINFO} or {IPPROTO_IPV6, IPV6_PKTINFO}. Throws OSError(EAFNOSUPPORT) for other families.
  // Source: ip(7), ipv6(7).
  static Ancillary packet_info(const Address& source, unsigned interface = 0);
  // The number of routers that an outgoing datagram may pass. `family` selects {IPPROTO_IP, IP_TTL} or
  // {IPPROTO_IPV6, IPV6_HOPLIMIT}. Throws OSError(EAFNOSUPPORT) for other families.
  static Ancillary hop_limit(int family, int hops);
  // A control message with one value of a C type: Ancillary::of(IPPROTO_IPV6, IPV6_HOPLIMIT, 3).
  template <class T>
  static Ancillary of(int level, int type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {level, type, std::string(reinterpret_cast<const char*>(&value), sizeof(T))};
  }
  // `data` read as a C type; T{} if `data` is shorter than T.
  template <class T>
  T as() const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (data.size() >= sizeof(T)) std::memcpy(&value, data.data(), sizeof(T));
    return value;
  }
  // The descriptors of an SCM_RIGHTS message; empty for any other.
  std::vector<int> fds() const;
};

// How a datagram arrived.
struct PacketInfo {
  Address address;         // the destination that the sender used; port 0
  unsigned interface = 0;  // the index of the receiving interface (names.h: if_indextoname)
};

// A received message.
struct Message {
  std::string data;                  // empty after recvfrom_into() and recvmsg_into(), which fill the caller's buffers
  std::size_t size = 0;              // bytes received; with the flag MSG_TRUNC a datagram's whole length
  std::vector<Ancillary> ancillary;  // the last one is cut short if MSG_CTRUNC is set
  int flags = 0;    // MSG_TRUNC: the datagram was longer; MSG_CTRUNC: ancillary data did not fit; MSG_EOR
  Address address;  // the sender; usually none (AF_UNSPEC) on a connected stream

  // All descriptors in `ancillary`.
  std::vector<int> fds() const;
  // How the datagram arrived; nothing unless recvmsg() had room for ancillary data and the socket has one of the
  // options {IPPROTO_IP, IP_PKTINFO} and {IPPROTO_IPV6, IPV6_RECVPKTINFO}.
  std::optional<PacketInfo> packet_info() const;
  // The number of routers that the datagram could still have passed; nothing unless recvmsg() had room for ancillary
  // data and the socket has one of the options {IPPROTO_IP, IP_RECVTTL} and {IPPROTO_IPV6, IPV6_RECVHOPLIMIT}.
  std::optional<int> hop_limit() const;
};

// The space for control messages in bytes. cmsg_len(): one message with `size` bytes of data. cmsg_space(): with the
// padding before the next message; the sum of these is the `ancillary` argument of recvmsg().
// Source: CMSG_LEN and CMSG_SPACE of cmsg(3).
std::size_t cmsg_len(std::size_t size) noexcept;
std::size_t cmsg_space(std::size_t size) noexcept;

}  // namespace loquat
