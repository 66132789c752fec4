// graph_points.h - a graph as points of the plane. Internal to graph.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/show/graph.h"

namespace loquat::wire {

// What a point or a line means, from the least important to the most. A limit (the end of the window, ssthresh) and a
// level (acknowledged, cwnd, the smoothed round trip) hold until the next one.
enum class GraphMark : std::uint8_t { limit, level, value, data, again, lost };

struct GraphPoint {
  double x = 0;             // ms
  double y = 0, y_end = 0;  // bytes, ms or segments; y_end: of a segment's last byte
  GraphMark mark = GraphMark::value;
};

struct GraphPoints {
  std::vector<GraphPoint> points;
  double max_x = 1, max_y = 1;
};

GraphPoints points_of(const Graph& graph, GraphKind kind);
// What stands beside the y axis: "bytes", "ms", "segments".
std::string unit_of(GraphKind kind, Language language);
std::string title_of(const Graph& graph, GraphKind kind, Language language);

}  // namespace loquat::wire
