#include "wire/trace/json_rows.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::psh;
using codec::tcp::syn;
using tests::ms;
using tests::tcp_bytes;

const std::vector<std::uint8_t> scale10 = {1, 3, 3, 10};

Frame frame(int number, Side from, double at, const tests::Tcp& tcp) {
  Frame frame{.number = number, .from = from, .fate = Fate::delivered};
  frame.sent = ms(at);
  frame.delivered = ms(at + 1);
  frame.bytes = tcp_bytes(from, tcp);
  frame.at_sending = {State::syn_sent, State::listen};
  frame.after = {State::syn_sent, State::syn_received};
  return frame;
}

Trace sample() {
  Frame lost = frame(3, Side::client, 4, {.seq = 1001, .ack = 501, .flags = psh | ack, .window = 63, .payload = "hi"});
  lost.fate = Fate::dropped;
  lost.why = {"you asked for it", "您要求的"};
  Frame again =
      frame(4, Side::client, 204, {.seq = 1001, .ack = 501, .flags = psh | ack, .window = 63, .payload = "hi"});
  again.retransmission_of = 3;
  again.sender = Congestion{1, 5, ms(2.5)};
  again.receiver = Congestion{10, 0, {}};
  Frame turned = frame(5, Side::server, 206, {.seq = 501, .ack = 1003, .flags = ack, .window = 64});
  turned.fate = Fate::corrupted;
  turned.arrived = turned.bytes;
  turned.arrived.back() ^= std::byte{1};
  turned.by_wire = true;
  Frame other{.number = 6, .fate = Fate::held, .sent = ms(210), .bytes = std::vector<std::byte>(42)};
  return {Begin{.scenario = "sample",
                .title = {"A sample", "例子"},
                .system = "Linux",
                .client = "10.0.0.1:40000",
                .server = "10.0.0.2:80",
                .seed = 7,
                .wall_ns = 1'700'000'000'000'000'000},
          frame(1, Side::client, 0, {.seq = 1000, .flags = syn, .options = scale10}),
          frame(2, Side::server, 2, {.seq = 500, .ack = 1001, .flags = syn | ack, .options = scale10}),
          lost,
          again,
          turned,
          other,
          Action{ms(300), Side::client, {"close()", "close()"}, {State::fin_wait_1, State::established}},
          Note{ms(301), {"The cable is cut.", ""}},
          Note{ms(301), {}, "CLIENT_RANDOM 01 02\n"},
          Counters{Side::client, {{"TcpExtTCPTimeouts", 1}, {"TcpRetransSegs", 1}}},
          End{ms(302), {State::closed, State::unknown}, false, {"Why?", "为什么？"}}};
}

std::vector<std::string> lines_of(const Trace& trace) {
  TraceWriter writer;
  std::vector<std::string> lines;
  for (const Row& row : trace) lines.push_back(writer.line(row));
  return lines;
}

std::string complaint(const std::string& line) {
  try {
    read_row(line);
  } catch (const TraceError& e) {
    return e.what();
  }
  return "";
}

TEST(TraceJson, RowsSurviveARoundTrip) {
  const auto lines = lines_of(sample());
  std::string file;
  for (const auto& line : lines) file += line + "\r\n\n";
  EXPECT_EQ(lines_of(read_trace(file)), lines);
}

TEST(TraceJson, SegmentsHaveRelativeNumbers) {
  const auto lines = lines_of(sample());
  const auto first = nlohmann::json::parse(lines[1]), third = nlohmann::json::parse(lines[3]);
  EXPECT_EQ(first["type"], "segment");
  EXPECT_EQ(first["flags"], nlohmann::json::array({"SYN"}));
  EXPECT_EQ(first["seq"], 0);
  EXPECT_EQ(first["seq_raw"], 1000);
  EXPECT_EQ(first["win"], 64240) << "a SYN's window is never scaled";
  EXPECT_EQ(first["opts"]["ws"], 10);
  EXPECT_EQ(first["state"]["server"], nlohmann::json::array({"LISTEN", "SYN-RECEIVED"}));
  EXPECT_EQ(third["fate"], "dropped");
  EXPECT_TRUE(third["delivered_ns"].is_null());
  EXPECT_EQ(third["seq"], 1);
  EXPECT_EQ(third["ack"], 1);
  EXPECT_EQ(third["len"], 2);
  EXPECT_EQ(third["win_raw"], 63);
  EXPECT_EQ(third["win"], 63 << 10);
  EXPECT_EQ(third["why_zh"], "您要求的");
}

TEST(TraceJson, ACapturesSegmentsTellWhatTheyAre) {
  SegmentFacts facts;
  facts.kind = SegmentKind::fast_retransmission;
  facts.in_flight = 2920;
  facts.rtt = ms(12.5);
  Frame frame{.number = 1, .bytes = tests::tcp_bytes(Side::client, {.seq = 1, .flags = codec::tcp::ack})};
  EXPECT_EQ(TraceWriter().line(frame).find("analysis"), std::string::npos);
  frame.facts = facts;
  EXPECT_NE(
      TraceWriter().line(frame).find(R"("analysis":{"kind":"fast-retransmission","in_flight":2920,"rtt_ns":12500000})"),
      std::string::npos);
}

TEST(TraceJson, ASegmentHasTheCongestionControlOfItsEnds) {
  const auto lines = lines_of(sample());
  EXPECT_NE(
      lines[4].find(R"("congestion":{"sender":{"cwnd":1,"ssthresh":5,"srtt_ns":2500000},"receiver":{"cwnd":10}})"),
      std::string::npos);
  EXPECT_EQ(lines[3].find("congestion"), std::string::npos);
  const Frame again = std::get<Frame>(*read_row(lines[4]));
  EXPECT_EQ(again.sender->threshold, 5u);
  EXPECT_EQ(again.receiver->window, 10u);
  EXPECT_FALSE(std::get<Frame>(*read_row(lines[3])).sender);
}

TEST(TraceJson, InvalidUtf8BecomesReplacementCharacters) {
  TraceWriter writer;
  const std::string line = writer.line(Note{{}, {"a\xff\x1b", ""}});
  EXPECT_EQ(line, "{\"type\":\"note\",\"t_ns\":0,\"text\":\"a\xEF\xBF\xBD\\u001b\"}");
}

TEST(TraceJson, UnknownTypesAreSkipped) {
  EXPECT_FALSE(read_row(R"({"type":"weather","text":7})"));
  EXPECT_EQ(std::get<Note>(*read_row(R"({"type":"note","later":{"member":[1]}})")).text.en, "");
}

TEST(TraceJson, ErrorsNameWhatIsWrong) {
  EXPECT_EQ(complaint(""), "is no JSON object");
  EXPECT_EQ(complaint("[1]"), "is no JSON object");
  EXPECT_EQ(complaint("{\"type\":\"note\""), "is no JSON object");
  EXPECT_EQ(complaint("{}"), "'type' is missing");
  EXPECT_EQ(complaint(R"({"type":5})"), "'type' is no text");
  EXPECT_EQ(complaint(R"({"type":"begin","format":"loquat.wire/9"})"), "'format' is not loquat.wire/1");
  EXPECT_EQ(complaint(R"({"type":"segment","dir":"c>s"})"), "'n' is missing");
  EXPECT_EQ(complaint(R"({"type":"segment","n":1,"dir":"up"})"), "'dir' is neither c>s nor s>c");
  EXPECT_EQ(complaint(R"({"type":"segment","n":99999999999,"dir":"c>s"})"), "'n' is out of range");
  EXPECT_EQ(complaint(R"({"type":"segment","n":-1,"dir":"c>s"})"), "'n' is no whole number from 0 on");
  EXPECT_EQ(complaint(R"({"type":"frame","n":1,"dir":"c>s","bytes":"0g"})"), "'bytes' is not hexadecimal");
  EXPECT_EQ(complaint(R"({"type":"frame","n":1,"dir":"c>s","bytes":"012"})"), "'bytes' is not hexadecimal");
  EXPECT_EQ(complaint(R"({"type":"frame","n":1,"dir":"c>s","fate":"eaten"})"), "'fate' has a name that is not known");
  EXPECT_EQ(complaint(R"({"type":"frame","n":1,"dir":"c>s","state":{"client":["CLOSED"]}})"),
            "'client' is no pair of states");
  EXPECT_EQ(complaint(R"({"type":"end","as_specified":1})"), "'as_specified' is neither true nor false");
  EXPECT_EQ(complaint(R"({"type":"counters","moved":{"a":"b"}})"), "'moved' holds what is no number");
}

TEST(TraceJson, TooLargeOrTooDeepIsRefusedWhileParsing) {
  EXPECT_EQ(complaint(std::string(8 * 1024 * 1024 + 1, ' ')), "is longer than 8 MiB");
  EXPECT_EQ(complaint("{\"a\":" + std::string(1'000'000, '[')), "is nested too deep");
  EXPECT_EQ(complaint(R"({"type":"x","a":"\"[[[[[[[[[[[["})"), "");
}

TEST(TraceJson, ErrorsInARecordingNameTheLine) {
  const auto complain = [](std::string_view text) -> std::string {
    try {
      read_trace(text);
    } catch (const TraceError& e) {
      return e.what();
    }
    return "";
  };
  const std::string begin = R"({"type":"begin","format":"loquat.wire/1"})";
  EXPECT_EQ(complain(""), "the recording is empty");
  EXPECT_EQ(complain("\n{\"type\":\"note\"}"), "line 2: a recording begins with \"type\":\"begin\"");
  EXPECT_EQ(complain(begin + "\n\nnonsense"), "line 3: is no JSON object");
  EXPECT_EQ(complain(begin), "");
}

}  // namespace
}  // namespace loquat::wire
