// captured_connection.h - what the packets of one connection show. For this room only.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "codec/network/segment.h"

namespace loquat::wire {

// What one end of a connection has done, as far as packets show it.
struct CapturedEnd {
  codec::Endpoint endpoint;
  int syns = 0, syn_acks = 0, segments = 0, data_segments = 0, retransmissions = 0, fins = 0;
  int syn_acks_after_ack = 0;  // sent again though the other end had acknowledged it
  std::uint64_t bytes = 0;     // of payload, each once
  std::uint32_t next = 0;      // the sequence number after all that it has sent
  std::uint32_t acked = 0;     // the last acknowledgement that it has sent
  bool has_sent = false, has_acked = false, scales = false;
  std::uint8_t window_scale = 0;
  std::uint64_t window = 0;       // the last that it announced
  int zero_windows = 0;           // announcements of window 0 since the window was last open
  int probes = 0;                 // received from the other end since then
  int unanswered = 0;             // repetitions and probes sent since the other end's last segment
  std::int64_t longest_zero = 0;  // how long its window was closed at a time, at most, ns
  std::int64_t first_zero = 0, last = 0, fin_at = 0, data_at = 0;  // ns
};

struct CapturedReset {
  std::size_t from = 0;  // which end
  bool with_ack = false;
  bool answers_syn = false;  // its end had received nothing but a SYN
  bool after_own_fin = false;
  bool spoke_since_data = false;  // its end had sent data after the last that it received
  bool answers_at_once = false;   // the segment before it was the other end's
  std::uint64_t bytes_received = 0;
  int unanswered = 0;          // probes and repetitions that its end had sent without an answer
  std::int64_t after_fin = 0;  // ns from its end's own FIN to the data that it answers
};

struct CapturedConnection {
  std::array<CapturedEnd, 2> ends;  // 0: the one that opened it, or that was seen first
  std::optional<CapturedReset> reset;
  std::int64_t began = 0, last = 0;
  std::size_t last_from = 0;
  int lost = 0;              // frames that the wire lost, where that is known
  bool fates_known = false;  // for every frame it is known whether it was lost
  std::uint32_t last_length = 0;
};

}  // namespace loquat::wire
