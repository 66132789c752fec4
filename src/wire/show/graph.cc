#include "wire/show/graph.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "wire/show/graph_points.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"
#include "wire/trace/numbering.h"

namespace loquat::wire {
namespace {

double ms_of(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

// A 32-bit number that goes on where `last` was.
std::uint64_t unwrapped(std::uint32_t number, std::uint64_t last) {
  const auto step = static_cast<std::int32_t>(number - static_cast<std::uint32_t>(last));
  const auto next = static_cast<std::int64_t>(last) + step;
  return next < 0 ? 0 : static_cast<std::uint64_t>(next);
}

GraphMark mark_of(const Graph::Sent& sent) {
  if (sent.lost) return GraphMark::lost;
  return is_retransmission(sent.kind) ? GraphMark::again : GraphMark::data;
}

}  // namespace

std::string_view name(GraphKind kind) noexcept {
  static constexpr std::array<std::string_view, 3> names = {"sequence", "flight", "rtt"};
  return names[static_cast<std::size_t>(kind)];
}

Graph graph_of(const Trace& trace, Side from) {
  Graph graph;
  Numbering numbering;
  std::uint64_t sent = 0, acked = 0;
  for (const Row& row : trace) {
    if (const auto* begin = std::get_if<Begin>(&row)) {
      graph.from = from == Side::client ? begin->client : begin->server;
      graph.to = from == Side::client ? begin->server : begin->client;
    }
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr || frame->copy_of != 0 || frame->fate == Fate::held) continue;
    const auto segment = codec::find_segment(frame->bytes, frame->link);
    if (!segment) continue;
    const Numbers numbers = numbering.add(*segment);
    const SegmentFacts facts = frame->facts.value_or(SegmentFacts{});
    graph.end = std::max(graph.end, frame->sent);
    if (frame->from == from) {
      sent = unwrapped(numbers.seq, sent);
      const bool lost = frame->fate != Fate::delivered;
      if (segment->length > 0)
        graph.sent.push_back({frame->sent, sent, sent + segment->length, facts.kind, lost, facts.in_flight});
    } else if (segment->has(codec::tcp::ack) && !segment->has(codec::tcp::rst)) {
      acked = unwrapped(numbers.ack, acked);
      graph.acked.push_back({frame->delivered, acked, acked + numbers.window, facts.rtt});
    }
  }
  return graph;
}

GraphPoints points_of(const Graph& graph, GraphKind kind) {
  GraphPoints all;
  const auto add = [&all](Duration at, double y, double y_end, GraphMark mark) {
    all.points.push_back({ms_of(at), y, y_end, mark});
    all.max_x = std::max(all.max_x, ms_of(at));
    all.max_y = std::max(all.max_y, y_end);
  };
  std::uint64_t highest = 0;
  for (const Graph::Sent& each : graph.sent) {
    highest = std::max(highest, each.to);
    if (kind == GraphKind::sequence)
      add(each.at, static_cast<double>(each.from), static_cast<double>(each.to), mark_of(each));
    if (kind == GraphKind::flight && each.in_flight > 0)
      add(each.at, static_cast<double>(each.in_flight), static_cast<double>(each.in_flight), mark_of(each));
  }
  for (const Graph::Acked& each : graph.acked) {
    if (kind == GraphKind::rtt && each.rtt) add(each.at, ms_of(*each.rtt), ms_of(*each.rtt), GraphMark::value);
    if (kind != GraphKind::sequence || each.ack == 0) continue;
    // A window far beyond what was sent would press all else to the ground.
    const auto edge = static_cast<double>(std::min(each.window_end, highest + highest / 4 + 1));
    add(each.at, edge, edge, GraphMark::window);
    add(each.at, static_cast<double>(each.ack), static_cast<double>(each.ack), GraphMark::ack);
  }
  return all;
}

std::string unit_of(GraphKind kind, Language language) {
  return kind == GraphKind::rtt ? "ms" : std::string(in(language, texts::graph_bytes));
}

std::string title_of(const Graph& graph, GraphKind kind, Language language) {
  const Text title = kind == GraphKind::sequence ? texts::graph_of_sequence(graph.from, graph.to)
                     : kind == GraphKind::flight ? texts::graph_of_flight(graph.from, graph.to)
                                                 : texts::graph_of_rtt(graph.from, graph.to);
  return std::string(in(language, title));
}

std::string draw_graph(const Graph& graph, GraphKind kind, GraphOptions options) {
  constexpr int margin = 12;  // cells for the y axis
  const int width = std::clamp(options.width, 40, 200) - margin, height = std::clamp(options.height, 8, 60);
  const GraphPoints all = points_of(graph, kind);
  std::vector<std::vector<int>> cells(static_cast<std::size_t>(height),
                                      std::vector<int>(static_cast<std::size_t>(width), -1));
  const auto row_of = [&](double y) {
    return std::clamp(height - 1 - static_cast<int>(y / all.max_y * (height - 1) + 0.5), 0, height - 1);
  };
  for (const GraphPoint& point : all.points) {
    const auto x =
        static_cast<std::size_t>(std::clamp(static_cast<int>(point.x / all.max_x * (width - 1)), 0, width - 1));
    for (int row = row_of(point.y_end); row <= row_of(point.y); ++row) {
      int& cell = cells[static_cast<std::size_t>(row)][x];
      cell = std::max(cell, static_cast<int>(point.mark));
    }
  }
  static constexpr std::array<std::string_view, 6> signs = {"¨", "·", "o", "|", "R", "X"},
                                                   plain = {"~", ".", "o", "|", "R", "X"};
  const auto& used = options.ascii ? plain : signs;
  std::string out = title_of(graph, kind, options.language) + "\n";
  for (int row = 0; row < height; ++row) {
    std::array<char, 32> label{};
    const double y = all.max_y * (height - 1 - row) / (height - 1);
    if (row % 4 == 0 || row == height - 1) std::snprintf(label.data(), label.size(), y < 10 ? "%.1f" : "%.0f", y);
    out +=
        std::string(
            static_cast<std::size_t>(std::max(0, margin - 2 - static_cast<int>(std::string_view(label.data()).size()))),
            ' ') +
        label.data() + " |";
    for (const int cell : cells[static_cast<std::size_t>(row)])
      out += cell < 0 ? std::string_view(" ") : used[static_cast<std::size_t>(cell)];
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  std::array<char, 48> end{};
  std::snprintf(end.data(), end.size(), "%.1f ms", all.max_x);
  out += std::string(margin - 1, ' ') + "+" + std::string(static_cast<std::size_t>(width), '-') + "\n";
  out +=
      std::string(margin, ' ') + "0" +
      std::string(
          static_cast<std::size_t>(std::max<int>(1, width - 1 - static_cast<int>(std::string_view(end.data()).size()))),
          ' ') +
      end.data() + "\n";
  const Text legend = kind == GraphKind::sequence ? texts::graph_legend(used[1], used[0]) : texts::graph_legend_values;
  return out + std::string(in(options.language, legend)) + "\n";
}

}  // namespace loquat::wire
