#include "wire/show/svg.h"

#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "wire/show/html.h"
#include "wire/trace/frame_text.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

Trace drawn_trace(std::string_view payload) {
  Frame data{
      .number = 7, .fate = Fate::dropped, .bytes = tests::tcp_bytes(Side::client, {.flags = 24, .payload = payload})};
  data.delivered = tests::ms(5);
  Frame ping{.number = 8, .from = Side::server, .fate = Fate::delivered, .bytes = std::vector<std::byte>(42)};
  return {Begin{.scenario = "sample", .title = {"A \"sample\" & more", "例子"}}, data, ping,
          End{.text = {"Why <this>?", "为什么？"}}};
}

TEST(Svg, EachSegmentIsAPathAndOtherFramesAreTold) {
  const std::string text = svg(drawn_trace("hi"), Language::en);
  EXPECT_NE(
      text.find(R"(<path class="seg" data-n="7" data-flags="PSH,ACK" data-fate="dropped" data-source="captured")"),
      std::string::npos);
  EXPECT_NE(text.find(R"(<path class="frame" data-n="8")"), std::string::npos);
  EXPECT_NE(text.find("<title>sample: A &quot;sample&quot; &amp; more</title>"), std::string::npos);
  EXPECT_NE(text.find("Why &lt;this&gt;?"), std::string::npos);
  EXPECT_NE(svg(drawn_trace("hi"), Language::zh).find("为什么？"), std::string::npos);
}

TEST(Svg, TextOfATraceStaysText) {
  const Trace trace = drawn_trace("<b>&\"'");
  for (const std::string& text : {svg(trace, Language::en), html(trace, Language::en, "<i>one</i>\n\ntwo")}) {
    EXPECT_EQ(text.find("<b>"), std::string::npos);
    EXPECT_EQ(text.find("<i>"), std::string::npos);
    EXPECT_NE(text.find("&lt;b&gt;&amp;"), std::string::npos);
  }
}

TEST(Html, HasAPolicyATableAndTheExplanation) {
  const std::string text = html(drawn_trace("hi"), Language::en, "first paragraph\n\nsecond");
  EXPECT_NE(text.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(text.find("<td>PSH,ACK</td>"), std::string::npos);
  EXPECT_NE(text.find("<p>first paragraph</p>\n<p>second</p>"), std::string::npos);
}

TEST(Html, TellsAFrameAndCountersInChinese) {
  Trace trace = drawn_trace("hi");
  trace.push_back(Counters{.side = Side::client, .moved = {{"TCPTimeouts", 2}, {"TCPLossProbes", 1}}});
  const std::string text = html(trace, Language::zh, "");
  EXPECT_NE(text.find("<td>丢弃</td>"), std::string::npos);
  EXPECT_NE(text.find("<td>送达</td>"), std::string::npos);
  EXPECT_EQ(text.find("<td>delivered</td>"), std::string::npos);
  EXPECT_EQ(counters_text(std::get<Counters>(trace.back()), Language::zh),
            "客户端内核计数：TCPLossProbes 1、TCPTimeouts 2");
}

}  // namespace
}  // namespace loquat::wire
