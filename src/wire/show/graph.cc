#include "wire/show/graph.h"

#include <algorithm>
#include <array>

#include "wire/show/graph_points.h"
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
  static constexpr std::array<std::string_view, 4> names = {"sequence", "flight", "rtt", "cwnd"};
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
    auto segment = codec::find_segment(frame->bytes, frame->link);
    if (!segment) continue;
    if (frame->facts) segment->length = frame->facts->length;
    const Numbers numbers = numbering.add(*segment);
    const SegmentFacts facts = frame->facts.value_or(SegmentFacts{});
    graph.end = std::max(graph.end, frame->sent);
    const bool ours = frame->from == from;
    if (const auto& kernel = ours ? frame->sender : frame->receiver)
      graph.controlled.push_back({ours ? frame->sent : frame->delivered, *kernel});
    if (ours) {
      sent = unwrapped(numbers.seq, sent);
      const bool lost = frame->fate != Fate::delivered;
      if (segment->length > 0)
        graph.sent.push_back({frame->sent, sent, sent + segment->length, facts.kind, lost, facts.in_flight});
    } else if (segment->has(codec::tcp::ack) && !segment->has(codec::tcp::rst)) {
      acked = unwrapped(numbers.ack, acked);
      graph.acked.push_back({frame->delivered, acked, acked + numbers.window, facts.rtt});
    }
  }
  std::stable_sort(graph.controlled.begin(), graph.controlled.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return graph;
}

GraphPoints points_of(const Graph& graph, GraphKind kind) {
  GraphPoints all;
  const auto add = [&all](Duration at, double y, double y_end, GraphMark mark) {
    all.points.push_back({ms_of(at), y, y_end, mark});
    all.max_x = std::max(all.max_x, ms_of(at));
    all.max_y = std::max(all.max_y, y_end);
  };
  for (const Graph::Controlled& each : graph.controlled) {
    const auto [window, threshold, round_trip] = each.congestion;
    if (kind == GraphKind::cwnd) add(each.at, window, window, GraphMark::level);
    if (kind == GraphKind::cwnd && threshold > 0) add(each.at, threshold, threshold, GraphMark::limit);
    if (kind == GraphKind::rtt && round_trip > Duration::zero())
      add(each.at, ms_of(round_trip), ms_of(round_trip), GraphMark::level);
  }
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
    add(each.at, edge, edge, GraphMark::limit);
    add(each.at, static_cast<double>(each.ack), static_cast<double>(each.ack), GraphMark::level);
  }
  return all;
}

std::string unit_of(GraphKind kind, Language language) {
  if (kind == GraphKind::rtt) return "ms";
  return std::string(kind == GraphKind::cwnd ? in(language, texts::graph_segments) : in(language, texts::graph_bytes));
}

std::string title_of(const Graph& graph, GraphKind kind, Language language) {
  const Text title = kind == GraphKind::sequence ? texts::graph_of_sequence(graph.from, graph.to)
                     : kind == GraphKind::flight ? texts::graph_of_flight(graph.from, graph.to)
                     : kind == GraphKind::rtt    ? texts::graph_of_rtt(graph.from, graph.to)
                                                 : texts::graph_of_cwnd(graph.from, graph.to);
  return std::string(in(language, title));
}

}  // namespace loquat::wire
