#include "wire/show/graph.h"

#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::syn;

Frame frame_at(double time, Side from, const tests::Tcp& tcp, const SegmentFacts& facts = {}) {
  Frame frame{
      .number = 1, .from = from, .fate = Fate::delivered, .sent = tests::ms(time), .delivered = tests::ms(time)};
  frame.bytes = tests::tcp_bytes(from, tcp);
  frame.facts = facts;
  frame.facts->length = tcp.payload.size();
  return frame;
}

// 5 bytes, acknowledged; 5 more, sent twice. The sequence numbers wrap between them.
Trace graph_sample() {
  SegmentFacts first, again, answer;
  first.in_flight = 5;
  again.kind = SegmentKind::retransmission;
  again.in_flight = 5;
  answer.rtt = tests::ms(20);
  return {Begin{.client = "10.0.0.1:40000", .server = "10.0.0.2:80"},
          frame_at(0, Side::client, {.seq = 0xFFFFFFF9, .flags = syn}),
          frame_at(1, Side::client, {.seq = 0xFFFFFFFA, .ack = 1, .flags = ack, .payload = "hello"}, first),
          frame_at(21, Side::server, {.seq = 1, .ack = 0xFFFFFFFF, .flags = ack, .window = 100}, answer),
          frame_at(30, Side::client, {.seq = 0xFFFFFFFF, .ack = 1, .flags = ack, .payload = "world"}, first),
          frame_at(230, Side::client, {.seq = 0xFFFFFFFF, .ack = 1, .flags = ack, .payload = "world"}, again),
          frame_at(250, Side::server, {.seq = 1, .ack = 4, .flags = ack, .window = 100})};
}

TEST(Graph, NumbersAreRelativeAndDoNotWrap) {
  const Graph graph = graph_of(graph_sample(), Side::client);
  ASSERT_EQ(graph.sent.size(), 3u);
  EXPECT_EQ(graph.sent[1].from, 6u);
  EXPECT_EQ(graph.sent[1].to, 11u);
  EXPECT_EQ(graph.sent[2].kind, SegmentKind::retransmission);
  ASSERT_EQ(graph.acked.size(), 2u);
  EXPECT_EQ(graph.acked[0].rtt, tests::ms(20));
  EXPECT_EQ(graph.acked[1].ack, 11u);
  EXPECT_EQ(graph.acked[1].window_end, 111u);
  EXPECT_TRUE(graph_of(graph_sample(), Side::server).sent.empty());
}

TEST(Graph, TextHasAnAxisAndTheRepetition) {
  const std::string text = draw_graph(graph_of(graph_sample(), Side::client), GraphKind::sequence,
                                      {.width = 60, .height = 10, .ascii = true});
  EXPECT_EQ(text.substr(0, text.find('\n')), "Time sequence: 10.0.0.1:40000 sends to 10.0.0.2:80");
  EXPECT_NE(text.find('R'), std::string::npos) << text;
  EXPECT_NE(text.find("250.0 ms"), std::string::npos) << text;
  for (const char c : text) EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127)) << static_cast<int>(c);
}

// The window grows with an ACK and is one segment when the timer has run out.
Trace graph_sample_with_kernel() {
  Trace trace = graph_sample();
  std::get<Frame>(trace[2]).sender = Congestion{10, 0, {}};
  std::get<Frame>(trace[3]).receiver = Congestion{11, 0, tests::ms(20)};
  std::get<Frame>(trace[3]).sender = Congestion{99, 0, {}};  // the other end's
  std::get<Frame>(trace[5]).sender = Congestion{1, 5, tests::ms(20)};
  return trace;
}

TEST(Graph, TheCongestionWindowIsTheSendersInOrderOfTime) {
  Trace trace = graph_sample_with_kernel();
  std::swap(trace[3], trace[5]);
  const Graph graph = graph_of(trace, Side::client);
  ASSERT_EQ(graph.controlled.size(), 3u);
  EXPECT_EQ(graph.controlled[1].congestion.window, 11u);
  EXPECT_EQ(graph.controlled[1].at, tests::ms(21));
  EXPECT_EQ(graph.controlled[2].congestion.threshold, 5u);
  EXPECT_TRUE(graph_of(graph_sample(), Side::client).controlled.empty());
}

TEST(Graph, TheCongestionWindowIsDrawnWithItsThreshold) {
  const Graph graph = graph_of(graph_sample_with_kernel(), Side::client);
  const std::string text = draw_graph(graph, GraphKind::cwnd, {.width = 60, .height = 11, .ascii = true});
  EXPECT_EQ(text.substr(0, text.find('\n')), "Congestion window: 10.0.0.1:40000 sends to 10.0.0.2:80");
  EXPECT_NE(text.find("        11 |"), std::string::npos) << text;
  EXPECT_NE(text.find('~'), std::string::npos) << text;
  EXPECT_NE(text.find("(cwnd)"), std::string::npos) << text;
  const std::string svg = graph_svg(graph, GraphKind::cwnd, Language::zh);
  EXPECT_NE(svg.find("class=\"level\""), std::string::npos);
  EXPECT_NE(svg.find("class=\"limit\""), std::string::npos);
  EXPECT_NE(svg.find("报文段"), std::string::npos);
}

TEST(Graph, RoundTripsHaveTheKernelsBesideThem) {
  const std::string with = graph_svg(graph_of(graph_sample_with_kernel(), Side::client), GraphKind::rtt, Language::en);
  const std::string without = graph_svg(graph_of(graph_sample(), Side::client), GraphKind::rtt, Language::en);
  EXPECT_NE(with.find("srtt"), std::string::npos);
  EXPECT_NE(with.find("class=\"level\""), std::string::npos);
  EXPECT_EQ(without.find("srtt"), std::string::npos);
}

TEST(Graph, SvgIsOneDocument) {
  for (const GraphKind kind : {GraphKind::sequence, GraphKind::flight, GraphKind::rtt, GraphKind::cwnd}) {
    const std::string svg = graph_svg(graph_of(graph_sample(), Side::client), kind, Language::zh);
    EXPECT_TRUE(svg.starts_with("<?xml")) << svg;
    EXPECT_EQ(svg.find("<?xml", 1), std::string::npos);
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_EQ(svg.find("class=\"again\"") != std::string::npos, kind == GraphKind::sequence);
  }
}

TEST(Graph, NothingToDrawIsDrawnAsNothing) {
  const Graph graph = graph_of({Begin{}}, Side::client);
  EXPECT_FALSE(draw_graph(graph, GraphKind::rtt, {}).empty());
  EXPECT_TRUE(graph_svg(graph, GraphKind::flight, Language::en).ends_with("</svg>\n"));
}

}  // namespace
}  // namespace loquat::wire
