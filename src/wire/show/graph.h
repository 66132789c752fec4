// graph.h - one direction of a connection over time: sequence numbers (as tcptrace draws them), bytes in flight, round
// trips, and the congestion window where the trace has it.
//
//   Graph graph = graph_of(trace, Side::server);
//   print(draw_graph(graph, GraphKind::sequence, {.width = 100}));
//
// True of every call in this file:
//   Trace     As capture_trace() or recording_trace() returns it: of one connection, with SegmentFacts.
//   Units     Times are since the trace began. Sequence numbers are relative, and do not wrap.
//   Flight    Bytes in flight come near the congestion window of a sender that has enough to send.
//   Kernel    The congestion window, its threshold and the smoothed round trip are what the sender's kernel said. Only
//             traces of the lab have them.
//   Safe      SVG without scripts and outside references; text without control characters.
//
// Layer: wire (docs/layers.txt).  Source: Shawn Ostermann, tcptrace manual, "Time sequence graph".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

enum class GraphKind : std::uint8_t { sequence, flight, rtt, cwnd };

struct Graph {
  struct Sent {
    Duration at{};
    std::uint64_t from = 0, to = 0;  // its bytes: [from, to)
    SegmentKind kind = SegmentKind::ordinary;
    bool lost = false;
    std::uint64_t in_flight = 0;
  };
  struct Acked {
    Duration at{};
    std::uint64_t ack = 0, window_end = 0;  // window_end: what may be sent
    std::optional<Duration> rtt;
  };
  struct Controlled {
    Duration at{};
    Congestion congestion{};
  };
  std::string from, to;  // the ends
  std::vector<Sent> sent;
  std::vector<Acked> acked;
  std::vector<Controlled> controlled;  // in the order of time
  Duration end{};
};

Graph graph_of(const Trace& trace, Side from);

struct GraphOptions {
  int width = 80, height = 24;  // cells; 40 to 200, and 8 to 60 are used
  bool ascii = false;
  Language language = Language::en;
};
// Lines that end with "\n".
std::string draw_graph(const Graph& graph, GraphKind kind, GraphOptions options);
std::string graph_svg(const Graph& graph, GraphKind kind, Language language);

// "sequence", "flight", "rtt", "cwnd".
std::string_view name(GraphKind kind) noexcept;

}  // namespace loquat::wire
