// tcp_info.h - what the kernel knows of one TCP connection: its struct tcp_info with types instead of bare numbers.
//
//   Units     Sizes are bytes, times are Durations, what is counted in segments says so. Since the connection began,
//             unless said otherwise.
//   Age       A field that the running kernel does not have yet is 0.
//
// Layer: wire (docs/layers.txt).  Source: tcp(7) TCP_INFO, linux/tcp.h, RFC 4898.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "loquat/time.h"
#include "wire/kernel/ends.h"

namespace loquat::wire::kernel {

struct TcpInfo {
  State state = State::unknown;
  // Of congestion control at this moment: 0 open, 1 disorder, 2 reduced, 3 recovery, 4 loss (a timer ran out).
  int congestion_state = 0;
  int retransmits = 0;  // of the oldest segment, now
  int probes = 0;       // unanswered, of a zero window or of keepalive, now
  int backoff = 0;      // how many times the timer has been doubled, now
  bool timestamps = false, sack = false, ecn = false, window_scaling = false;
  int send_scale = 0, receive_scale = 0;  // shifts, if window_scaling
  Duration rto{}, ato{}, rtt{}, rttvar{}, min_rtt{};
  std::uint32_t send_mss = 0, receive_mss = 0, path_mtu = 0;
  std::uint32_t unacked = 0, sacked = 0, lost = 0, retrans = 0;  // segments in flight, now
  std::uint32_t congestion_window = 0;                           // segments, now
  std::uint32_t slow_start_threshold = 0;                        // segments, now; 0: none yet
  std::uint32_t spurious_retrans = 0;  // segments; of which the peer said that it had them already (RFC 2883)
  std::uint32_t total_retrans = 0;     // segments; of SYN-ACKs too
  Duration last_data_sent{}, last_data_received{}, last_ack_received{};  // so long ago
  std::uint64_t bytes_sent = 0;                                          // retransmitted bytes count each time
  std::uint64_t bytes_retrans = 0, bytes_acked = 0, bytes_received = 0;
  std::uint32_t segments_out = 0, segments_in = 0, data_segments_out = 0, data_segments_in = 0;
  std::uint32_t not_sent = 0;     // queued and not sent even once, now
  std::uint32_t send_window = 0;  // what the peer takes, scaled, now
  // It had something to send; it waited for the peer's window; it waited for our own send buffer.
  Duration busy{}, window_limited{}, buffer_limited{};
  // It waited for what was sent again after a timeout: from the timeout to the ACK of it, the one now under way too. A
  // handshake counts; of a server, from its first SYN-ACK. 0 before Linux 6.7.
  Duration timeout_wait{};
  std::uint64_t delivery_rate = 0;  // bytes a second, as last measured
  std::uint32_t out_of_order = 0;   // segments that arrived out of order
};

// `bytes` come from getsockopt(TCP_INFO) or sock_diag's INET_DIAG_INFO; they may be shorter or longer than this
// program's struct tcp_info, and need live only until the call returns.
TcpInfo read_tcp_info(std::span<const std::byte> bytes);

// The kernel's number of a state (linux/tcp_states.h), "SYN-RECEIVED" for both of its kinds.
State state_of(int number) noexcept;

}  // namespace loquat::wire::kernel
