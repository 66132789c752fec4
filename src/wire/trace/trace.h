// trace.h - what happened on a wire, in order: frames, what the programs at both ends did, and both ends' states.
//
// A trace is made by the lab (live), read from a recording, or inferred from a capture file; the ladder, the page and
// the JSON show it. All of them have the same rows, and each fact says where it comes from (Source).
//
//   Time      Since the trace began.
//   Columns   Two sides: the client (left) opened the connection, the server (right) was listening. In a trace with
//             several connections the states of a row are those of the connection that the row belongs to.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codec/network/link_type.h"
#include "loquat/time.h"
#include "wire/kernel/ends.h"
#include "wire/text/text.h"
#include "wire/trace/segment_facts.h"

namespace loquat::wire {

// Where a fact comes from.
enum class Source : std::uint8_t {
  captured,  // the bytes were on the wire
  kernel,    // read from the kernel at that moment
  reported,  // the kernel's summary afterwards (TCP_INFO, counters)
  inferred,  // concluded from what was captured, by RFC 9293
  recorded,  // captured and read from the kernel once, by this tool, elsewhere
};

enum class Fate : std::uint8_t {
  held,       // on the wire, not delivered yet
  delivered,  // as it was sent
  dropped,    // never arrived
  corrupted,  // delivered with a bit turned over
};

// Both ends at one moment.
struct States {
  State client = State::unknown, server = State::unknown;
  bool operator==(const States&) const = default;
};

struct Begin {
  std::string scenario{};            // "close"; or the name of the file
  Text title{};                      // one line
  std::string system{};              // "Linux 6.18, two private namespaces, uid 1000"
  std::string client{}, server{};    // "10.0.0.1:40000"
  Source source = Source::kernel;    // of the states
  Source frames = Source::captured;  // of the frames
  std::uint64_t seed = 0;
  std::int64_t wall_ns = 0;  // when it began, since 1970
};

// What the congestion control of one side's kernel did at one moment.
struct Congestion {
  std::uint32_t window = 0;     // cwnd, segments
  std::uint32_t threshold = 0;  // ssthresh, segments; 0: none yet
  Duration round_trip{};        // smoothed; 0: not measured yet
};

// A frame that one side sent. It is told once when it is sent and held, if somebody watches live, and once when its
// fate is known; both have the same number.
struct Frame {
  int number = 0;  // 1, 2, ... in the order of sending
  Side from = Side::client;
  Fate fate = Fate::held;
  Duration sent{}, delivered{};                      // delivered: when its fate was decided
  std::vector<std::byte> bytes{};                    // from the link's header on, as it was sent
  std::vector<std::byte> arrived{};                  // what was delivered instead, if corrupted; else empty
  States at_sending{}, after{};                      // after: when it has been delivered or dropped
  std::optional<Congestion> sender{}, receiver{};    // of the sender when it was sent, of the receiver when it had come
  int copy_of = 0;                                   // the frame that the wire has copied; 0: not a copy
  bool by_wire = false;                              // made by the wire, as a router or a forger, not by a side
  int retransmission_of = 0;                         // the frame whose bytes the sender repeats; 0: none
  Text why{};                                        // may be empty
  codec::LinkType link = codec::LinkType::ethernet;  // what the bytes begin with; other than Ethernet in captures only
  std::optional<Source> source{};                    // if it differs from what the trace's Begin says of frames
  std::optional<SegmentFacts> facts{};               // of a segment in a capture
};

// What a program did: "connect()", "recv() = 5 bytes", "close()".
struct Action {
  Duration at{};
  Side side = Side::client;
  Text text{};
  States after{};
};

struct Note {
  Duration at{};
  Text text{};
  std::string tls_keys{};  // of a connection of this trace, as in SSLKEYLOGFILE; may be empty
};

// What the kernel counted on one side (netstat's names) from beginning to end.
struct Counters {
  Side side = Side::client;
  std::map<std::string, std::int64_t> moved{};
};

struct End {
  Duration at{};
  States states{};
  bool as_specified = true;  // the scenario ended as it is meant to
  Text text{};               // what was to be seen, and why
};

using Row = std::variant<Begin, Frame, Action, Note, Counters, End>;
using Trace = std::vector<Row>;

// "captured", "delivered".
std::string_view name(Source source) noexcept;
std::string_view name(Fate fate) noexcept;

}  // namespace loquat::wire
