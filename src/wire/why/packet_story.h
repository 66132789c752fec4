// packet_story.h - why connections stood still or died, from their packets alone: what `loquat wire why FILE` says.
//
//   PacketStory story;
//   for (each packet) story.add(time, frame, link);
//   for (const auto& [what, verdict] : story.verdicts()) ...
//
// Packets show less than the kernel knows: whether an application has read, or closed with SO_LINGER 0, they do not
// tell. So fewer verdicts are certain than from live sockets, and a FIN that the capture ends soon after is no leak. A
// recording of ours holds both kernels' counters as well (add_counters); they settle who aborted and why.
//
//   Memory    Per connection some 300 bytes.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.5 and s.3.10 (resets), docs/why.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/network/segment.h"
#include "wire/kernel/counters.h"
#include "wire/why/why.h"

namespace loquat::wire {

// What one end of a connection has done, as far as packets show it.
struct StoryEnd {
  codec::Endpoint endpoint;
  int syns = 0, syn_acks = 0, segments = 0, data_segments = 0, retransmissions = 0, fins = 0;
  int syn_acks_after_ack = 0;  // sent again though the other end had acknowledged it
  std::uint64_t bytes = 0;     // of payload, each once
  std::uint32_t next = 0;      // the sequence number after all that it has sent
  std::uint32_t acked = 0;     // the last acknowledgement that it has sent
  bool has_sent = false, has_acked = false, scales = false;
  std::uint8_t window_scale = 0;
  std::uint64_t window = 0;       // that it announced last
  int zero_windows = 0;           // announcements of 0 since it was open last
  int probes = 0;                 // of the other end, that it has got since then
  int unanswered = 0;             // segments sent since the other end spoke last, that repeat something
  std::int64_t longest_zero = 0;  // that a closed window stood, ns
  std::int64_t first_zero = 0, last = 0, fin_at = 0, data_at = 0;  // ns
};

struct StoryReset {
  std::size_t from = 0;  // which end
  bool with_ack = false;
  bool answers_syn = false;  // nothing but a SYN had come before
  bool after_own_fin = false;
  bool spoke_since_data = false;  // it had sent data after the last that came
  bool answers_at_once = false;   // the segment before it was the other end's, and carried data or an acknowledgement
  std::uint64_t bytes_it_got = 0;
  int unanswered = 0;          // probes and repetitions that it had sent in vain
  std::int64_t after_fin = 0;  // ns from its own FIN to the data that it answers so
};

struct StoryConnection {
  std::array<StoryEnd, 2> ends;  // 0: who opened it, or who was seen first
  std::optional<StoryReset> reset;
  std::int64_t began = 0, last = 0;
  std::size_t last_from = 0;
  int lost = 0;              // frames that the wire lost, where that is known
  bool fates_known = false;  // it is known of every frame
  std::uint32_t last_length = 0;
};

// A connection, and what the rest of the capture says of it.
struct PacketEvidence {
  const StoryConnection& connection;
  std::int64_t end = 0;                   // of the capture, ns
  const kernel::CounterValues& counters;  // empty: unknown
  bool server_answers_others = false;
  bool too_big = false;   // a router has said that packets do not fit, and lost them for that
  bool is_alone = false;  // so that the counters are its own
};

Verdict judge_packets(const PacketEvidence& evidence);

class PacketStory {
 public:
  // `time` in ns, not decreasing. `frame` need live only until the call returns. What holds no TCP is passed over.
  // `lost`: whether the wire has lost it, if that is known.
  void add(std::int64_t time, std::span<const std::byte> frame, codec::LinkType link, std::optional<bool> lost = {});
  // What the kernels at both ends have counted from beginning to end.
  void add_counters(const kernel::CounterValues& moved);

  // A verdict for each connection, in the order of their beginnings; its name is "10.0.0.1:40000 -> 10.0.0.2:80".
  std::vector<std::pair<std::string, Verdict>> verdicts() const;

 private:
  using Key = std::pair<codec::Endpoint, codec::Endpoint>;  // the lesser first

  StoryConnection& connection_of(const codec::Segment& segment, std::int64_t time);
  bool other_calls_succeeded(const StoryConnection& connection) const;

  std::vector<StoryConnection> connections_;
  std::map<Key, std::size_t> latest_;
  kernel::CounterValues counters_;
  std::int64_t end_ = 0;
  bool too_big_ = false;  // a router has said that packets do not fit
};

}  // namespace loquat::wire
