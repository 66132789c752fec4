// capture_analysis.h - why connections stood still or died, from their packets alone: what `loquat wire why FILE` says.
//
//   CaptureAnalysis analysis;
//   for (each packet) analysis.add(time, frame, link);
//   for (const auto& [ends, verdict] : analysis.verdicts()) ...
//
// Packets show less than the kernel knows. They do not tell whether an application has read, or has closed with
// SO_LINGER 0, so fewer verdicts are certain than from live sockets. A FIN just before the end of a capture is not
// called a leak. A recording of ours also holds both kernels' counters (add_counters()): they settle who reset a
// connection, and why.
//
//   Memory    Per connection some 300 bytes.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.5 and s.3.10 (resets), docs/why.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "wire/kernel/counters.h"
#include "wire/why/captured_connection.h"
#include "wire/why/why.h"

namespace loquat::wire {

class CaptureAnalysis {
 public:
  // `time` in ns, not decreasing. `frame` need live only until the call returns. A frame without TCP is passed over.
  // `lost`: whether the wire has lost it, if that is known.
  void add(std::int64_t time, std::span<const std::byte> frame, codec::LinkType link, std::optional<bool> lost = {});
  // What the kernels at both ends have counted from beginning to end.
  void add_counters(const kernel::CounterValues& moved);

  // A verdict for each connection, in the order of their beginnings; its name is "10.0.0.1:40000 -> 10.0.0.2:80".
  std::vector<std::pair<std::string, Verdict>> verdicts() const;

 private:
  using Key = std::pair<codec::Endpoint, codec::Endpoint>;  // the lesser first

  CapturedConnection& connection_of(const codec::Segment& segment, std::int64_t time);
  bool server_answers_others(const CapturedConnection& connection) const;

  std::vector<CapturedConnection> connections_;
  std::map<Key, std::size_t> latest_;
  kernel::CounterValues counters_;
  std::int64_t end_ = 0;
  bool too_big_ = false;  // CaptureEvidence::too_big
};

}  // namespace loquat::wire
