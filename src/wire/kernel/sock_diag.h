// sock_diag.h - the kernel's own account of its TCP sockets, other users' included. No privileges are needed.
//
//   Namespace A SockDiag sees the network namespace that the calling thread was in when it was made; setns() later does
//             not move it.
//   Threads   One at a time.
//   Addresses IPv4-mapped addresses of IPv6 sockets ("::ffff:10.0.0.1") are reported, and accepted, as IPv4.
//   Errors    OSError with operation "sock_diag"; EPROTONOSUPPORT: a kernel without CONFIG_INET_DIAG.
//
// Layer: wire (docs/layers.txt).  Source: sock_diag(7), linux/inet_diag.h, linux/sock_diag.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "loquat/time.h"
#include "wire/kernel/ends.h"
#include "wire/kernel/tcp_info.h"

namespace loquat::wire::kernel {

enum class Timer : std::uint8_t {
  none,
  retransmit,  // or a tail loss probe; of a request socket: when the SYN-ACK is sent again
  keepalive,   // or what ends an orphan in FIN-WAIT-2
  time_wait,
  persist,  // the next probe of a zero window
};

// One TCP socket at one moment.
struct SocketFacts {
  Address local, remote;  // remote of a listener: the wildcard with port 0
  State state = State::unknown;
  Timer timer = Timer::none;
  Duration expires{};            // until the timer runs out
  int retransmits = 0;           // of what the timer is for: segments sent again, or probes unanswered
  std::uint32_t recv_queue = 0;  // bytes that the application has not read; of a listener: connections not accepted
  std::uint32_t send_queue = 0;  // bytes that the peer has not acknowledged; of a listener: how many may wait
  std::uint32_t uid = 0;         // whose it is
  std::uint64_t inode = 0;       // 0: no descriptor refers to it (an orphan, TIME-WAIT, a request socket)
  std::uint32_t interface = 0;   // it is bound to; 0: to none
  std::uint64_t cookie = 0;      // of this socket only, as long as the machine runs
  std::uint8_t shut_down = 0;    // 1: not receiving any more, 2: not sending any more
  std::uint32_t send_buffer = 0, receive_buffer = 0;  // limits in bytes; Detail::all only
  std::string congestion;                             // "cubic", "bbr"; Detail::all only
  std::optional<TcpInfo> info;                        // not Detail::state; TIME-WAIT and request sockets have none
  bool v6_only = false;                               // a listener on IPv6 that takes no IPv4
};

enum class Detail : std::uint8_t { state, info, all };  // `info`: with TcpInfo

class SockDiag {
 public:
  SockDiag();
  ~SockDiag();
  SockDiag(const SockDiag&) = delete;
  SockDiag& operator=(const SockDiag&) = delete;

  // Returns the connection between these two, in any state but CLOSED: a live one, a request socket (SYN-RECEIVED),
  // TIME-WAIT. If there is none, returns the socket that listens there (State::listen); if there is none either,
  // nullopt. With an empty `remote` (or port 0) it looks for the listener alone. Takes about 1 us with Detail::state.
  std::optional<SocketFacts> exact(const Address& local, const Address& remote, Detail detail = Detail::state);

  // All TCP sockets of both families: listeners, connections, TIME-WAIT, request sockets. Sockets that are only bound
  // are left out.
  std::vector<SocketFacts> dump(Detail detail = Detail::all);
  // As dump(), without decoding: gives `take` the body of each message (diag_message.h), which need live only until the
  // call returns.
  void each(Detail detail, const std::function<void(std::span<const std::byte>)>& take);

 private:
  void each(int family, Detail detail, const std::function<void(std::span<const std::byte>)>& take);
  std::size_t receive();

  int netlink_;
  std::vector<std::byte> buffer_;
  std::uint32_t sequence_ = 0;
};

// "retransmit", "keepalive", "time-wait", "persist", "none".
std::string_view name(Timer timer) noexcept;

}  // namespace loquat::wire::kernel
