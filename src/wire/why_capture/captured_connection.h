// captured_connection.h - what the packets of one connection show. For this room only.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "codec/network/icmp_error.h"
#include "codec/network/ip_address.h"

namespace loquat::wire {

// What one end of a connection has done, as far as packets show it. Copies of a segment do not count.
struct CapturedEnd {
  codec::Endpoint endpoint;
  int syns = 0, syn_acks = 0, segments = 0, data_segments = 0, fins = 0;
  int syn_acks_after_ack = 0;  // sent again though the other end had acknowledged it
  int retransmissions = 0;     // of data or FIN, not acknowledged before
  int spurious = 0, overtaken = 0, copies = 0;
  int arrived_twice = 0;         // of its segments: so the other end has reported
  std::uint64_t bytes = 0;       // of payload, each once
  std::uint64_t late_bytes = 0;  // of them: after the other end's FIN
  std::uint32_t next = 0;        // the sequence number after all that it has sent
  std::uint32_t acked = 0;       // the last acknowledgement that it has sent
  bool has_sent = false, has_acked = false;
  int duplicate_acks = 0;         // since its last new acknowledgement
  std::uint32_t window = 0;       // the last that it announced, in bytes
  int zero_windows = 0;           // announcements of window 0 since the window was last open
  int probes = 0;                 // received from the other end since then
  int unanswered = 0;             // repetitions and probes sent since the other end's last segment
  std::int64_t longest_zero = 0;  // how long its window was closed at a time, at most, ns
  std::int64_t first_zero = 0, last = 0, fin_at = 0, data_at = 0, syn_ack_at = 0;  // ns
  std::optional<std::uint8_t> hops;  // the hop limit (TTL) of its last segment without RST

  // Sizes of payload: a path that passes small segments alone shows here.
  std::size_t largest = 0, largest_acked = 0;
  std::uint32_t largest_end = 0;  // the sequence number after the first one of that size
  std::size_t repeated = 0;       // of the segment that it repeats and that is not acknowledged; 0: none
  std::uint32_t repeated_seq = 0;
  int repeats = 0;                    // how often
  int reports_due = 0;                // on the repeats of the one acknowledged last
  bool heard_since_repeated = false;  // the other end has sent something since it was first sent
  std::uint64_t missing = 0;          // bytes that came before later ones, and were never seen
  std::int64_t missing_since = 0;     // ns
};

struct CapturedReset {
  std::size_t from = 0;  // which end
  bool with_ack = false;
  bool answers_syn = false;      // its end had received nothing but a SYN
  bool answers_syn_ack = false;  // its end had sent nothing but SYNs, and they were answered
  bool after_own_fin = false;
  bool after_peers_fin = false;
  bool spoke_since_data = false;   // its end had sent data after the last that it received
  bool answers_at_once = false;    // the segment before it was the other end's, and came just before
  bool spoke_just_now = false;     // its end has sent something just before
  bool alone = false;              // the capture holds nothing before it
  bool differs_from_next = false;  // another RST,ACK followed at once, with other numbers
  bool fits = false;               // it has the very sequence number that comes next: the other end believes it
  bool disowned = false;           // its end went on after it
  std::uint64_t bytes_received = 0;
  std::uint64_t late_bytes = 0;      // of them: after its end's FIN
  std::uint64_t unacknowledged = 0;  // bytes that the other end had sent, or it itself, and nobody acknowledged
  int unanswered = 0;                // probes and repetitions that its end had sent without an answer
  std::int64_t after_fin = 0;        // ns from its end's own FIN to the data that it answers
  std::int64_t silence = 0;          // ns: how long nothing was sent before the segment that it answers
  std::int64_t unheard = 0;          // ns: since the other end's last segment
  std::uint8_t hops = 0;
  std::uint32_t seq = 0;
  std::uint16_t window = 0;
};

// How long the connection waited for what, ns. [n]: for ends[n].
struct CapturedWaits {
  std::int64_t handshake = 0;
  std::int64_t timer = 0;                   // until a retransmission
  std::array<std::int64_t, 2> window{};     // until its window opened
  std::int64_t answer = 0;                  // until the server answered what it had got
  std::array<std::int64_t, 2> pause{};      // until it went on by itself
  std::array<std::int64_t, 2> held_back{};  // its next small segment waited until the last one was acknowledged
  std::array<int, 2> times_held_back{};
};

struct CapturedConnection {
  std::array<CapturedEnd, 2> ends;  // 0: the one that opened it, or that was seen first
  CapturedWaits waits;
  std::optional<CapturedReset> reset;
  std::optional<codec::IcmpError> refusal;  // an ICMP error about its segments, other than too_big
  std::optional<codec::IcmpError> too_big;
  int after_too_big = 0;  // retransmissions since then that were still too big
  std::int64_t began = 0, last = 0;
  std::optional<std::int64_t> connected;   // when the handshake was done
  std::optional<std::int64_t> round_trip;  // the shortest, ns
  std::int64_t silence = 0;                // ns before the last segment
  std::size_t last_from = 0;
  std::optional<std::size_t> last_data_from;
  int out_of_time = 0;      // segments of it that the file has behind later ones
  std::size_t stretch = 0;  // of the capture, in which its last segment is
  bool crossed = false;     // both ends sent a SYN without ACK
  bool data_with_syn = false;
  bool challenged = false;   // its SYN met an older connection of these ports
  bool replaced = false;     // its ends began a new one, though neither had closed it
  int lost = 0;              // frames that the wire lost, where that is known
  bool fates_known = false;  // for every frame it is known whether it was lost
};

}  // namespace loquat::wire
