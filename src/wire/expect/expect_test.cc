#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "wire/expect/compare.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::psh;
using codec::tcp::syn;
using tests::ms;
using S = State;

Frame sent_frame(int number, Side from, double at, const tests::Tcp& tcp, States after) {
  Frame frame{.number = number, .from = from, .fate = Fate::delivered, .sent = ms(at), .delivered = ms(at + 1)};
  frame.bytes = tests::tcp_bytes(from, tcp);
  frame.after = after;
  frame.at_sending = {S::syn_sent, S::listen};
  return frame;
}

// A handshake; then five bytes that are lost, and sent again 200 ms later.
Trace some_trace() {
  const auto c = Side::client, s = Side::server;
  Trace trace = {Begin{}, sent_frame(1, c, 1, {.seq = 9, .flags = syn}, {S::syn_sent, S::syn_received}),
                 sent_frame(2, s, 3, {.seq = 7, .ack = 10, .flags = syn | ack}, {S::established, S::syn_received}),
                 sent_frame(3, c, 5, {.seq = 10, .ack = 8, .flags = ack}, {S::established, S::established})};
  for (int number = 4; number <= 5; ++number) {
    Frame data =
        sent_frame(number, c, number == 4 ? 7 : 207, {.seq = 10, .ack = 8, .flags = psh | ack, .payload = "hello"},
                   {S::established, S::established});
    data.at_sending = data.after;
    data.fate = number == 4 ? Fate::dropped : Fate::delivered;
    data.retransmission_of = number == 5 ? 4 : 0;
    trace.push_back(data);
  }
  return trace;
}

int line_that_differs(std::string_view script) {
  const auto difference = compare(parse_expected(script), some_trace());
  return difference ? difference->line : 0;
}

constexpr std::string_view handshake_lines =
    "# a comment\n\nclient > server SYN\nserver SYN-RECEIVED\nserver > client SYN,ACK seq=0 ack=1\n"
    "client ESTABLISHED\nclient > server ACK\n";

std::string with(std::string_view more) { return std::string(handshake_lines) + std::string(more); }

TEST(Expect, ATraceAsExpected) {
  EXPECT_EQ(line_that_differs(with("server ESTABLISHED\nclient > server data 5 lost\n"
                                   "client > server data 5 retransmission +150ms # at the timer\n")),
            0);
  EXPECT_EQ(line_that_differs(with("...")), 0);
  EXPECT_EQ(line_that_differs("...\nclient > server data\nclient ESTABLISHED\n"), 0);
  EXPECT_EQ(line_that_differs("...\nclient > server PSH,ACK len=5 lost\n...\nclient > server data 5"), 0);
}

TEST(Expect, DifferencesNameTheirLine) {
  EXPECT_EQ(line_that_differs(with("")), 7) << "more came";
  EXPECT_EQ(line_that_differs("client > server SYN\nserver > client SYN,ACK ack=2\n..."), 2);
  EXPECT_EQ(line_that_differs("client > server SYN\nserver > client SYN\n..."), 2);
  EXPECT_EQ(line_that_differs("client > server SYN\nclient ESTABLISHED\n..."), 2) << "only after the SYN,ACK";
  EXPECT_EQ(line_that_differs("client > server SYN\nserver CLOSED\n..."), 2);
  EXPECT_EQ(line_that_differs(with("client > server data 5\n...")), 8) << "it is lost";
  EXPECT_EQ(line_that_differs(with("client > server data 6 lost\n...")), 8);
  EXPECT_EQ(line_that_differs(with("client > server data lost\nclient > server data +250ms")), 9);
  EXPECT_EQ(line_that_differs("...\nclient > server FIN,ACK"), 2);
  EXPECT_EQ(line_that_differs("...\nclient > server data 5\nserver > client ACK"), 3) << "the trace has ended";
}

TEST(Expect, TheDifferenceInWords) {
  const auto difference = compare(parse_expected("client > server SYN\nserver > client RST"), some_trace());
  ASSERT_TRUE(difference);
  EXPECT_EQ(text_of(*difference, "x.txt").en,
            "x.txt:2: expected: server > client RST\ncame: #2 server > client SYN,ACK seq=0 ack=1 (3.0 ms)");
}

TEST(Expect, ErrorsNameTheirLine) {
  for (const std::string_view wrong :
       {"client > server SIN", "client > client SYN", "client", "client >", "client > server", "clent ESTABLISHED",
        "client ESTABLISHD", "client > server seq=x", "client > server +5", "... SYN", "client CLOSED SYN"}) {
    try {
      parse_expected("# one\n\n" + std::string(wrong));
      ADD_FAILURE() << wrong;
    } catch (const ScriptError& e) {
      EXPECT_TRUE(e.text.en.starts_with("line 3: ")) << e.text.en;
    }
  }
  EXPECT_THROW(parse_expected("# nothing\n"), ScriptError);
}

}  // namespace
}  // namespace loquat::wire
