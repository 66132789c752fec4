// tracker.h - both ends' states, concluded from a capture by RFC 9293, and what a segment is: a retransmission, a
// copy, out of order, a probe.
//
//   Tracker tracker;
//   for (each packet of a capture) show(tracker.add(packet));
//
// A capture is what one place saw. So these are the rules:
//
//   Arrival   What was seen has arrived at once, unless a comment in our own captures says that the wire lost or
//             changed it, or its checksum is bad where it was received.
//   Unknown   Where no packet shows a state it is unknown ("?"): before the first segment of an end, or a server's
//             after a SYN that nothing answered. With SynAnswers, which has seen the same packets before, the server of
//             a connection that was answered is in LISTEN before, and one that refused is CLOSED.
//
// The result differs from the kernel's states where no packet shows the change:
//   1. A program closed while data was queued: the kernel is in FIN-WAIT-1 or LAST-ACK before the FIN is sent. So is a
//      program's close before the other side's FIN has reached it.
//   2. An end that vanished silently (crash, power) keeps its state.
//   3. Timers: TIME-WAIT and FIN-WAIT-2 that ran out, a connection that gave up without a RST.
//   4. A SYN that the server's firewall or its full queue threw away looks like one that was lost; and one that a SYN
//      cookie answers leaves the server in LISTEN.
//   5. A segment forged in an end's name looks as if that end had sent it.
//   6. A segment that was lost beyond the place of the capture looks as if it had arrived, until it is sent again.
//
//   Memory    Per connection some 200 bytes, and what byte_flow.h remembers.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.3.2 and s.3.10, RFC 5961 (resets and challenges).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/capture/capture.h"
#include "wire/capture/copies.h"
#include "wire/capture/inferred_end.h"
#include "wire/capture/segment_kind.h"
#include "wire/capture/syn_answers.h"
#include "wire/trace/numbering.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// One connection, as far as it has been seen.
struct TrackedConnection {
  codec::Endpoint client, server;
  std::optional<std::uint32_t> first_seq;  // of the client's SYN
  std::int64_t first_ns = 0, last_ns = 0;  // since 1970
  std::size_t frames = 0;
  std::array<std::uint64_t, 2> bytes{};  // of payload, by Side, each byte once
  std::size_t retransmissions = 0;
  // The shortest time in which the server's end answered what went there, and the client's: together a round trip.
  std::array<std::optional<Duration>, 2> answered{};  // by the Side that acknowledges
  bool reset = false;
  States states;
};

struct TrackedFrame {
  Frame frame;                              // its number counts all packets, from 1; times since the first one
  std::optional<std::size_t> connection{};  // none: it holds no TCP
};

class Tracker {
 public:
  // `answers`, if any, must live as long as the tracker.
  explicit Tracker(const SynAnswers* answers = nullptr) : answers_(answers) {}

  TrackedFrame add(const codec::CapturedPacket& packet);

  const std::vector<TrackedConnection>& connections() const noexcept { return connections_; }
  std::size_t frames() const noexcept { return static_cast<std::size_t>(frames_); }
  std::int64_t first_ns() const noexcept { return first_ns_; }
  // Frames whose time is before that of the frame before them.
  std::size_t unordered() const noexcept { return unordered_; }

 private:
  struct Ends {
    std::array<InferredEnd, 2> end;
    std::array<Direction, 2> sent;  // by the Side that sends
    std::array<Copies, 2> copies;   // by the Side that sends, too
  };
  Side side_of(const codec::CapturedPacket& packet);
  Ends& ends_of(const Numbers& numbers);
  void follow(Frame& frame, const codec::Segment& segment, const Numbers& numbers, std::int64_t time);
  void move_states(Frame& frame, const codec::Segment& segment, const SegmentPlace& place, Ends& ends);
  void supposed(const Frame& frame, const codec::Segment& segment, Ends& ends) const;
  void count(const Frame& frame, const codec::Segment& segment, std::size_t connection, std::int64_t time_ns);

  const SynAnswers* answers_;
  Numbering numbering_;
  int frames_ = 0;
  std::int64_t first_ns_ = 0, last_ns_ = 0;
  std::size_t unordered_ = 0;
  std::vector<Ends> ends_;
  std::vector<TrackedConnection> connections_;
  std::map<std::string, Side> hosts_;  // of frames without TCP, by address
};

}  // namespace loquat::wire
