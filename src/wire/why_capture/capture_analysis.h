// capture_analysis.h - why connections stood still or died, from their packets alone: what `loquat wire why FILE` says.
//
//   CaptureAnalysis analysis;
//   for (each packet) analysis.add(packet);
//   for (const auto& [ends, verdict] : analysis.verdicts()) ...
//
// Packets show less than the kernel knows. They do not tell whether an application has read, or has closed with
// SO_LINGER 0, so fewer verdicts are certain than from live sockets. A FIN just before the end of a capture is not
// called a leak. A recording of ours also holds both kernels' counters (add_counters()): they settle who reset a
// connection, and why.
//
// Files that were merged from captures of other days, or whose clock jumped, have stretches with a day or more between
// them. What a connection did not do is judged by the end of its own stretch. A connection whose segments are not in
// the order of time gets no verdict that is more than possible.
//
//   Memory    Per connection some 600 bytes, and what tracker.h remembers.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.5 and s.3.10 (resets), docs/why.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wire/capture/tracker.h"
#include "wire/kernel/counters.h"
#include "wire/why/why.h"
#include "wire/why_capture/captured_connection.h"

namespace loquat::wire {

class CaptureAnalysis {
 public:
  // A frame without TCP counts only if it is an ICMP error about TCP.
  void add(const codec::CapturedPacket& packet);
  // The frames come from the lab, whose comments (fate_comments.h) tell the fate of each.
  void fates_are_known() noexcept { fates_known_ = true; }
  // Frames that were earlier than the one before them: their verdicts may be wrong.
  std::size_t unordered() const noexcept { return tracker_.unordered(); }
  // What the kernels at both ends have counted from beginning to end.
  void add_counters(const kernel::CounterValues& moved);

  // A verdict for each connection, in the order of their beginnings; its name is "10.0.0.1:40000 -> 10.0.0.2:80".
  std::vector<std::pair<std::string, Verdict>> verdicts() const;

 private:
  CapturedConnection& connection_of(const TrackedFrame& seen, std::int64_t time);
  void note_error(const codec::IcmpError& error);
  void note_time(std::int64_t time);

  Tracker tracker_;
  std::vector<CapturedConnection> connections_;                                // as the tracker's
  std::map<std::pair<codec::Endpoint, codec::Endpoint>, std::size_t> newest_;  // by source and destination
  kernel::CounterValues counters_;
  std::vector<std::int64_t> ends_;  // of each stretch, ns
  std::int64_t last_ = 0;           // time of the last frame
  bool fates_known_ = false;
};

}  // namespace loquat::wire
