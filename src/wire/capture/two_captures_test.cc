#include "wire/capture/two_captures.h"

#include <gtest/gtest.h>

#include "wire/capture/tracker.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::rst;
using codec::tcp::syn;

// What one end captured, as capture_trace() would have it. Times are ms of that end's clock.
class EndCapture {
 public:
  EndCapture& at(double time, Side from, const tests::Tcp& tcp) {
    const auto frame = tests::tcp_bytes(from, tcp);
    const auto ns = static_cast<std::int64_t>(time * 1e6);
    if (trace_.empty()) trace_.emplace_back(Begin{.scenario = "x.pcap", .source = Source::inferred, .wall_ns = ns});
    trace_.emplace_back(tracker_.add({.time_ns = ns, .original_length = frame.size(), .bytes = frame}).frame);
    return *this;
  }
  const Trace& trace() const { return trace_; }

 private:
  Tracker tracker_;
  Trace trace_;
};

const tests::Tcp opening{.seq = 99, .flags = syn}, answer{.seq = 699, .ack = 100, .flags = syn | ack},
    opened{.seq = 100, .ack = 700, .flags = ack};

tests::Tcp sending(std::uint32_t seq, std::string_view payload) {
  return {.seq = seq, .ack = 700, .flags = ack, .payload = payload};
}

// A connection with 10 ms each way, whose server's clock is 5 s ahead.
struct Ends {
  Ends() {
    client.at(1000, Side::client, opening).at(1020, Side::server, answer).at(1021, Side::client, opened);
    server.at(6010, Side::client, opening).at(6010, Side::server, answer).at(6031, Side::client, opened);
  }
  // "#4 c>s dropped 31 ms; why", of the frames behind the handshake.
  std::string told() const {
    std::string text;
    int skip = 3;
    for (const Row& row : join_captures(client.trace(), server.trace())) {
      const auto* frame = std::get_if<Frame>(&row);
      if (frame == nullptr || skip-- > 0) continue;
      text += (text.empty() ? "" : "\n") + std::string(frame->from == Side::client ? "c>s " : "s>c ") +
              std::string(name(frame->fate)) + " " + std::to_string(frame->sent.count() / 1'000'000) + " to " +
              std::to_string(frame->delivered.count() / 1'000'000);
      if (frame->by_wire) text += " by the wire";
      if (!frame->why.empty()) text += "; " + frame->why.en;
    }
    return text;
  }
  EndCapture client, server;
};

TEST(TwoCaptures, TheClocksNeedNotAgree) {
  Ends ends;
  const Trace joined = join_captures(ends.client.trace(), ends.server.trace());
  const auto& syn_frame = std::get<Frame>(joined[1]);
  EXPECT_EQ(syn_frame.delivered - syn_frame.sent, std::chrono::milliseconds(10));
  EXPECT_EQ(std::get<Frame>(joined[3]).after.server, State::established);
  EXPECT_EQ(std::get<End>(joined.back()).text.en,
            "Of the client's 2 segments 2 arrived, of the server's 1 1; 0 came that nobody was seen to send. The "
            "shortest way there and back took 20 ms; the clocks differed by 5 s.");
}

TEST(TwoCaptures, ALossIsAtItsPlaceThoughItIsSentAgain) {
  Ends ends;
  ends.client.at(1030, Side::client, sending(100, "lost")).at(1230, Side::client, sending(100, "lost"));
  ends.server.at(6240, Side::client, sending(100, "lost"));
  EXPECT_EQ(ends.told(),
            "c>s dropped 30 to 40; Lost between the two captures.\n"
            "c>s delivered 230 to 240");
}

TEST(TwoCaptures, SegmentsAreCutOnTheWay) {
  Ends ends;
  ends.client.at(1030, Side::client, sending(100, "abcdefghij"));
  ends.server.at(6040, Side::client, sending(100, "abcde")).at(6041, Side::client, sending(105, "fghij"));
  EXPECT_EQ(ends.told(), "c>s delivered 30 to 41");
  ends.client.at(1050, Side::client, sending(110, "klmnopqrst"));
  ends.server.at(6060, Side::client, sending(115, "pqrst"));
  EXPECT_EQ(ends.told().substr(ends.told().find('\n') + 1), "c>s dropped 50 to 60; 5 of its 10 bytes were lost.");
}

TEST(TwoCaptures, WhatABoxSendsAndChanges) {
  Ends ends;
  ends.client.at(1030, Side::client, sending(100, "hello")).at(1032, Side::server, {.seq = 700, .flags = rst});
  ends.server.at(6040, Side::client, sending(100, "HELLO"));
  EXPECT_EQ(ends.told(),
            "c>s delivered 30 to 40; Changed on the way: payload.\n"
            "s>c delivered 32 to 32 by the wire; Its sender's capture does not have it: a box between sent it, or that "
            "capture missed it.");
}

TEST(TwoCaptures, AFirewallMayChooseOtherNumbersAndANatOtherPorts) {
  EndCapture client, server;
  client.at(0, Side::client, {.seq = 99, .flags = syn, .options = {2, 4, 5, 180}}).at(20, Side::server, answer);
  client.at(21, Side::client, opened).at(30, Side::client, sending(100, "hi"));
  server.at(10, Side::client, {.seq = 5099, .flags = syn, .options = {2, 4, 5, 80}, .client_port = 1024});
  server.at(10, Side::server, {.seq = 699, .ack = 5100, .flags = syn | ack, .client_port = 1024});
  server.at(31, Side::client, {.seq = 5100, .ack = 700, .flags = ack, .client_port = 1024});
  server.at(40, Side::client, {.seq = 5100, .ack = 700, .flags = ack, .payload = "hi", .client_port = 1024});
  const Trace joined = join_captures(client.trace(), server.trace());
  EXPECT_EQ(std::get<Frame>(joined[1]).why.en,
            "Changed on the way: source 10.0.0.1:40000 -> 10.0.0.1:1024, seq 99 -> 5099, MSS 1460 -> 1360.");
  EXPECT_EQ(std::get<Frame>(joined[4]).fate, Fate::delivered);
}

TEST(TwoCaptures, OfDifferentConnectionsAreRefused) {
  EndCapture one, other;
  one.at(0, Side::client, sending(100, "a"));
  other.at(0, Side::client, sending(90000, "b"));
  EXPECT_THROW(join_captures(one.trace(), other.trace()), CapturesDiffer);
}

}  // namespace
}  // namespace loquat::wire
