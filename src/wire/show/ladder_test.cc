#include "wire/show/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/network/segment.h"
#include "codec/text/utf8.h"
#include "wire/text/cells.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::psh;
using codec::tcp::syn;
using tests::ms;
using S = State;

Frame frame(int number, Side from, double sent, double delivered, const tests::Tcp& tcp, States at_sending = {},
            States after = {}) {
  Frame frame{.number = number, .from = from, .fate = Fate::delivered};
  frame.sent = ms(sent);
  frame.delivered = ms(delivered);
  frame.bytes = tests::tcp_bytes(from, tcp);
  frame.at_sending = at_sending;
  frame.after = after;
  return frame;
}

Begin begin() {
  return {.scenario = "close",
          .title = {"Four segments close a connection", "四次挥手"},
          .system = "Linux 6.18, two private namespaces, uid 1000",
          .client = "10.0.0.1:40000",
          .server = "10.0.0.2:80"};
}

Trace close_trace() {
  const auto c = Side::client, s = Side::server;
  return {begin(),
          Action{ms(0), c, {"connect()", ""}, {S::syn_sent, S::listen}},
          frame(1, c, 0.0, 1, {.seq = 100, .flags = syn}, {S::syn_sent, S::listen}, {S::syn_sent, S::syn_received}),
          frame(2, s, 2.0, 3, {.seq = 700, .ack = 101, .flags = syn | ack}, {S::syn_sent, S::syn_received},
                {S::established, S::syn_received}),
          frame(3, c, 3.1, 4, {.seq = 101, .ack = 701, .flags = ack}, {S::established, S::syn_received},
                {S::established, S::established}),
          Action{ms(56.7), c, {"close()", ""}, {S::fin_wait_1, S::established}},
          frame(4, c, 57.8, 58, {.seq = 101, .ack = 701, .flags = fin | ack}, {S::fin_wait_1, S::established},
                {S::fin_wait_1, S::close_wait}),
          frame(5, s, 61.9, 62, {.seq = 701, .ack = 102, .flags = ack}, {S::fin_wait_1, S::close_wait},
                {S::fin_wait_2, S::close_wait}),
          Action{ms(365.5), s, {"close()", ""}, {S::fin_wait_2, S::last_ack}},
          frame(6, s, 366.8, 367, {.seq = 701, .ack = 102, .flags = fin | ack}, {S::fin_wait_2, S::last_ack},
                {S::time_wait, S::last_ack}),
          frame(7, c, 367.8, 368, {.seq = 102, .ack = 702, .flags = ack}, {S::time_wait, S::last_ack},
                {S::time_wait, S::closed}),
          Counters{c, {{"TCPAbortOnData", 1}}},
          End{ms(370),
              {S::time_wait, S::closed},
              true,
              {"Why four and not three? The server closed 0.3 s later.",
               "为什么是四次而不是三次？服务器晚了 0.3 秒才关闭。"}}};
}

// Of a raw string that begins on the line below the parenthesis.
std::string golden(std::string_view text) { return std::string(text.substr(1)); }

TEST(Ladder, FourSegmentsClose) {
  EXPECT_EQ(draw(close_trace(), {.width = 92}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces, uid 1000 ·
states: kernel
  time ms   client 10.0.0.1:40000                                        server 10.0.0.2:80
     0.0    SYN-SENT      · client: connect()                            LISTEN
     0.0    SYN-SENT      ──── SYN  seq=0 win=64240 ─────────────────▶  *SYN-RECEIVED  #1
     2.0   *ESTABLISHED   ◀─── SYN,ACK  seq=0 ack=1 win=64240 ────────   SYN-RECEIVED  #2
     3.1    ESTABLISHED   ──── ACK  seq=1 ack=1 win=64240 ───────────▶  *ESTABLISHED   #3
    56.7   *FIN-WAIT-1    · client: close()                              ESTABLISHED
    57.8    FIN-WAIT-1    ──── FIN,ACK  seq=1 ack=1 win=64240 ───────▶  *CLOSE-WAIT    #4
    61.9   *FIN-WAIT-2    ◀─── ACK  seq=1 ack=2 win=64240 ────────────   CLOSE-WAIT    #5
   365.5    FIN-WAIT-2                               server: close() ·  *LAST-ACK
   366.8   *TIME-WAIT     ◀─── FIN,ACK  seq=1 ack=2 win=64240 ────────   LAST-ACK      #6
   367.8    TIME-WAIT     ──── ACK  seq=2 ack=2 win=64240 ───────────▶  *CLOSED        #7
            The client's kernel counted TCPAbortOnData 1
            Why four and not three? The server closed 0.3 s later.
)"));
}

TEST(Ladder, NarrowAndChinese) {
  EXPECT_EQ(draw(close_trace(), {.width = 60, .language = Language::zh}), golden(R"(
close · 四次挥手 · Linux 6.18, two private namespaces, uid
1000 · 状态：内核
  毫秒    客户端 10.0.0.1:40000           服务器 10.0.0.2:80
     0.0  SYN-SENT     · 客户端：          LISTEN
                         connect()
     0.0  SYN-SENT     ── SYN  seq=0 ───▶ *SYN-RECEIVED #1
     2.0 *ESTABLISHED  ◀─ SYN,ACK ───────  SYN-RECEIVED #2
     3.1  ESTABLISHED  ── ACK  seq=1 ───▶ *ESTABLISHED  #3
    56.7 *FIN-WAIT-1   · 客户端：close()   ESTABLISHED
    57.8  FIN-WAIT-1   ── FIN,ACK ──────▶ *CLOSE-WAIT   #4
    61.9 *FIN-WAIT-2   ◀─ ACK  seq=1 ────  CLOSE-WAIT   #5
   365.5  FIN-WAIT-2    服务器：close() · *LAST-ACK
   366.8 *TIME-WAIT    ◀─ FIN,ACK ───────  LAST-ACK     #6
   367.8  TIME-WAIT    ── ACK  seq=2 ───▶ *CLOSED       #7
          客户端内核计数：TCPAbortOnData 1
          为什么是四次而不是三次？服务器晚了 0.3 秒才关闭。
)"));
}

TEST(Ladder, AsciiIsAsciiAndEnglish) {
  EXPECT_EQ(draw(close_trace(), {.width = 80, .ascii = true, .language = Language::zh}), golden(R"(
close - Four segments close a connection - Linux 6.18, two private namespaces,
uid 1000 - states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
     0.0    SYN-SENT      . client: connect()                LISTEN
     0.0    SYN-SENT      ---- SYN  seq=0 win=64240 ----->  *SYN-RECEIVED  #1
     2.0   *ESTABLISHED   <--- SYN,ACK  seq=0 ack=1 ------   SYN-RECEIVED  #2
     3.1    ESTABLISHED   ---- ACK  seq=1 ack=1 --------->  *ESTABLISHED   #3
    56.7   *FIN-WAIT-1    . client: close()                  ESTABLISHED
    57.8    FIN-WAIT-1    ---- FIN,ACK  seq=1 ack=1 ----->  *CLOSE-WAIT    #4
    61.9   *FIN-WAIT-2    <--- ACK  seq=1 ack=2 ----------   CLOSE-WAIT    #5
   365.5    FIN-WAIT-2                   server: close() .  *LAST-ACK
   366.8   *TIME-WAIT     <--- FIN,ACK  seq=1 ack=2 ------   LAST-ACK      #6
   367.8    TIME-WAIT     ---- ACK  seq=2 ack=2 --------->  *CLOSED        #7
            The client's kernel counted TCPAbortOnData 1
            Why four and not three? The server closed 0.3 s later.
)"));
}

Trace crossing_trace() {
  const auto c = Side::client, s = Side::server;
  return {begin(),
          frame(4, c, 10, 20, {.seq = 101, .ack = 701, .flags = fin | ack}, {S::fin_wait_1, S::established},
                {S::fin_wait_1, S::closing}),
          frame(5, s, 12, 21, {.seq = 701, .ack = 101, .flags = fin | ack}, {S::fin_wait_1, S::fin_wait_1},
                {S::closing, S::closing}),
          frame(6, c, 21, 22, {.seq = 102, .ack = 702, .flags = ack}, {S::closing, S::closing},
                {S::closing, S::time_wait})};
}

TEST(Ladder, FramesThatMeetOnTheWayLeaveAndArrive) {
  EXPECT_EQ(draw(crossing_trace(), {.width = 80}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces,
uid 1000 · states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
    10.0    FIN-WAIT-1    ── FIN,ACK  seq=1 ack=1 ───╮       ESTABLISHED   #4
    12.0    FIN-WAIT-1        ╭─ FIN,ACK  seq=1 ack=1 ────  *FIN-WAIT-1    #5
    20.0    FIN-WAIT-1        │                      ╰───▶  *CLOSING       #4
    21.0   *CLOSING       ◀───╯                              CLOSING       #5
    21.0    CLOSING       ──── ACK  seq=2 ack=2 ─────────▶  *TIME-WAIT     #6
)"));
}

// The second SYN,ACK left before the first had arrived, and is drawn below it.
TEST(Ladder, WhatIsDrawnLateBringsNoOlderStateBack) {
  const auto c = Side::client, s = Side::server;
  const States opening{S::syn_sent, S::syn_received}, half{S::established, S::syn_received},
      open{S::established, S::established};
  const tests::Tcp synack{.seq = 700, .ack = 101, .flags = syn | ack};
  EXPECT_EQ(draw({begin(), frame(2, s, 1.8, 2.5, synack, opening, half), frame(3, s, 1.9, 4, synack, opening, open),
                  frame(4, c, 2.6, 3.6, {.seq = 101, .ack = 701, .flags = ack}, half, open)},
                 {.width = 80}),
            golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces,
uid 1000 · states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
     1.8   *ESTABLISHED   ◀─── SYN,ACK  seq=0 ack=1 ──────   SYN-RECEIVED  #2
     1.9    ESTABLISHED       ╭─ SYN,ACK  seq=0 ack=1 ────   SYN-RECEIVED  #3
     2.6    ESTABLISHED   ── ACK  seq=1 ack=1 ───────╮       SYN-RECEIVED  #4
     3.6    ESTABLISHED       │                      ╰───▶  *ESTABLISHED   #4
     4.0    ESTABLISHED   ◀───╯                              ESTABLISHED   #3
)"));
}

TEST(Ladder, AFrameThatIsOvertakenLeavesFirstAndOneThatFollowsDoesNot) {
  const auto c = Side::client;
  const Trace trace = {begin(), frame(1, c, 0, 60, {.seq = 1, .flags = psh | ack, .payload = "one"}),
                       frame(2, c, 1, 10, {.seq = 4, .flags = psh | ack, .payload = "two"}),
                       frame(3, c, 61, 70, {.seq = 7, .flags = psh | ack, .payload = "three"}),
                       frame(4, c, 62, 71, {.seq = 12, .flags = psh | ack, .payload = "four"})};
  EXPECT_EQ(draw(trace, {.width = 92}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces, uid 1000 ·
states: kernel
  time ms   client 10.0.0.1:40000                                        server 10.0.0.2:80
     0.0    ?             ── PSH,ACK  seq=1 ack=1 len=3 "one" ───╮       ?             #1
     1.0    ?             ──── PSH,ACK  seq=4 ack=1 len=3 "two" ─┼───▶   ?             #2
    60.0    ?                                                    ╰───▶   ?             #1
    61.0    ?             ──── PSH,ACK  seq=7 ack=1 len=5 "three" ───▶   ?             #3
    62.0    ?             ──── PSH,ACK  seq=12 ack=1 len=4 "four" ───▶   ?             #4
)"));
}

TEST(Ladder, WhatTheSenderDoesMeanwhileComesBelow) {
  const auto c = Side::client;
  const Trace trace = {begin(),
                       frame(1, c, 1, 2, {.seq = 1, .flags = psh | ack, .payload = "one"},
                             {S::established, S::established}, {S::fin_wait_1, S::established}),
                       Action{ms(1.5), c, {"close()", ""}, {S::fin_wait_1, S::established}},
                       frame(2, c, 1.6, 3, {.seq = 4, .flags = fin | ack}, {S::fin_wait_1, S::established},
                             {S::fin_wait_1, S::close_wait}),
                       frame(3, c, 10, 20, {.seq = 5, .flags = psh | ack}),
                       Action{ms(15), Side::server, {"recv()", ""}, {}}};
  EXPECT_EQ(draw(trace, {.width = 80}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces,
uid 1000 · states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
     1.0    ESTABLISHED   ──── PSH,ACK  seq=1 len=3 ─────▶   ESTABLISHED   #1
     1.5   *FIN-WAIT-1    · client: close()                  ESTABLISHED
     1.6    FIN-WAIT-1    ──── FIN,ACK  seq=4 ack=1 ─────▶  *CLOSE-WAIT    #2
    10.0    ?             ── PSH,ACK  seq=5 ack=1 ───╮       ?             #3
    15.0    ?                             server: recv() ·   ?
    20.0    ?                                        ╰───▶   ?             #3
)"));
}

TEST(Ladder, WhatIsLostAfterItHasLeftIsNamedToo) {
  const auto c = Side::client, s = Side::server;
  Frame lost = frame(1, c, 1, 20, {.seq = 1, .flags = psh | ack, .payload = "one"});
  lost.fate = Fate::dropped;
  Frame lost_too = frame(2, s, 2, 21, {.seq = 1, .flags = ack});
  lost_too.fate = Fate::dropped;
  EXPECT_EQ(draw({begin(), lost, lost_too}, {.width = 80}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces,
uid 1000 · states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
     1.0    ?             ── PSH,ACK  seq=1 len=3 ───╮       ?             #1
     2.0    ?                 ╭─ ACK  seq=2 ack=0 ───┼────   ?             #2
    20.0    ?                 │                      ╰─╳     ?             #1
                            lost here.
    21.0    ?               ╳─╯                              ?             #2
                            lost here.
)"));
}

Trace faults_trace() {
  const auto c = Side::client, s = Side::server;
  const tests::Tcp data = {.seq = 102, .ack = 702, .flags = psh | ack, .payload = "lost once\r\n"};
  Frame lost = frame(6, c, 30, 31, data);
  lost.fate = Fate::dropped;
  lost.why = {"You asked for it: --drop 'c>s data #1'.", ""};
  Frame lost_too = frame(7, s, 32, 33, {.seq = 702, .ack = 102, .flags = ack});
  lost_too.fate = Fate::dropped;
  Frame again = frame(8, c, 230, 231, data);
  again.retransmission_of = 6;
  Frame twice = again;
  twice.number = 9;
  twice.copy_of = 8;
  Frame turned = frame(10, s, 232, 233, {.seq = 702, .ack = 113, .flags = ack, .window = 0});
  turned.fate = Fate::corrupted;
  Frame guessed = frame(11, s, 234, 235, {.seq = 702, .ack = 113, .flags = ack});
  guessed.source = Source::inferred;
  return {begin(), Note{ms(25), {"The cable is cut.", ""}}, lost, lost_too, again, twice, turned, guessed};
}

TEST(Ladder, WhatTheWireDidToAFrameIsNamed) {
  EXPECT_EQ(draw(faults_trace(), {.width = 100}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces, uid 1000 · states:
kernel
  time ms   client 10.0.0.1:40000                                                server 10.0.0.2:80
    25.0    —  The cable is cut.
    30.0    ?             ── PSH,ACK  seq=1 ack=1 len=11 ──────────╳ lost here   ?             #6
                            You asked for it: --drop 'c>s data #1'.
    32.0    ?             lost here ╳─ ACK  seq=1 ack=1 win=64240 ────────────   ?             #7
   230.0    ?             ──── PSH,ACK  seq=1 len=11 retransmission of #6 ───▶   ?             #8
   230.0    ?             ──── PSH,ACK  retransmission of #6 copy of #8 ─────▶   ?             #9
   232.0    ?             ◀─── ACK  seq=1 ack=12 win=0 one bit flipped ───────   ?             #10
   234.0    ?             ◀╌╌╌ ACK  seq=1 ack=12 win=64240 inferred ╌╌╌╌╌╌╌╌╌╌   ?             #11
)"));
  EXPECT_EQ(draw(faults_trace(), {.width = 60, .ascii = true}), golden(R"(
close - Four segments close a connection - Linux 6.18, two
private namespaces, uid 1000 - states: kernel
  time ms client 10.0.0.1:40000           server 10.0.0.2:80
    25.0  -- The cable is cut.
    30.0  ?            -- PSH,ACK -x lost  ?            #6
                         You asked for it: --drop 'c>s data
                         #1'.
    32.0  ?            lost x- ACK ------  ?            #7
   230.0  ?            -- PSH,ACK ------>  ?            #8
                         retransmission of #6.
   230.0  ?            -- PSH,ACK ------>  ?            #9
                         retransmission of #6. copy of #8.
   232.0  ?            <- ACK -----------  ?            #10
                         one bit flipped.
   234.0  ?            <~ ACK ~~~~~~~~~~~  ?            #11
                         inferred.
)"));
}

TEST(Ladder, ASecondConnectionIsNamedByItsPort) {
  const auto c = Side::client;
  const Trace trace = {begin(), frame(1, c, 0, 1, {.seq = 5, .flags = syn}),
                       frame(2, c, 2, 3, {.seq = 9, .flags = syn, .client_port = 40001})};
  EXPECT_EQ(draw(trace, {.width = 80}), golden(R"(
close · Four segments close a connection · Linux 6.18, two private namespaces,
uid 1000 · states: kernel
  time ms   client 10.0.0.1:40000                            server 10.0.0.2:80
     0.0    ?             ──── :40000 SYN  seq=0 ────────▶   ?             #1
     2.0    ?             ──── :40001 SYN  seq=0 ────────▶   ?             #2
)"));
}

// As it happens: rows come one at a time, frames are told when they are held.
TEST(Ladder, StreamsWithoutWaitingForTheEnd) {
  std::vector<std::string> lines;
  Ladder ladder({.width = 80}, [&](std::string_view line) { lines.emplace_back(line); });
  const Trace trace = crossing_trace();
  auto first = std::get<Frame>(trace[1]), second = std::get<Frame>(trace[2]);
  const auto held = [](Frame frame) {
    frame.fate = Fate::held;
    return frame;
  };
  ladder.add(held(first));
  EXPECT_EQ(lines.size(), 0u) << "it may yet arrive before anything else happens";
  ladder.add(held(second));
  EXPECT_EQ(lines.size(), 2u) << "now they meet";
  ladder.add(first);
  EXPECT_EQ(lines.size(), 3u);
  ladder.add(second);
  EXPECT_EQ(lines.size(), 4u);
  ladder.add(held(std::get<Frame>(trace[3])));
  ladder.finish();
  EXPECT_EQ(lines.size(), 5u) << "a frame that is still on the wire is shown leaving";
}

TEST(Ladder, WhatWasNotToldOnItsWayIsNamedWhereItArrives) {
  std::string last;
  Ladder ladder({.width = 80}, [&](std::string_view line) { last = line; });
  Frame copy = frame(2, Side::client, 1, 6, {.seq = 1, .flags = syn});
  copy.copy_of = 1;
  ladder.add(frame(3, Side::server, 5, 5, {.seq = 1, .flags = ack}));
  ladder.add(copy);
  EXPECT_NE(last.find("SYN  copy of #1"), std::string::npos) << last;
}

TEST(Ladder, WhatTheCaptureDidNotKeepIsNamed) {
  std::string last;
  Ladder ladder({.width = 80}, [&](std::string_view line) { last = line; });
  Frame cut = frame(1, Side::client, 1, 6, {.seq = 1, .flags = ack, .payload = "hello world"});
  cut.bytes.resize(cut.bytes.size() - 11);
  ladder.add(cut);
  EXPECT_NE(last.find("len=11 kept=0"), std::string::npos) << last;
}

TEST(Ladder, HeldFramesAreShownAtOnceIfSomebodyStepsThroughThem) {
  std::vector<std::string> lines;
  Ladder ladder({.width = 80, .held_at_once = true}, [&](std::string_view line) { lines.emplace_back(line); });
  Frame held = std::get<Frame>(crossing_trace()[1]);
  held.fate = Fate::held;
  ladder.add(held);
  EXPECT_EQ(lines.size(), 1u);
}

TEST(Ladder, NothingThatATraceHoldsReachesTheTerminal) {
  const std::string evil =
      "\x1b]0;x\x07\x1b[2J\r\n\xC2\x9B"
      "31m\xE2\x80\xAE\xff";
  Begin begin{.scenario = evil, .title = {evil, ""}, .system = evil, .client = evil, .server = evil};
  Frame data = frame(1, Side::client, 0, 1, {.seq = 1, .flags = psh, .payload = evil});
  data.why = {evil, ""};
  const Trace trace = {begin,
                       data,
                       Action{{}, Side::server, {evil, ""}, {}},
                       Note{{}, {evil, ""}},
                       Counters{Side::client, {{evil, 1}}},
                       End{{}, {}, true, {evil, ""}}};
  for (const bool ascii : {false, true}) {
    const std::string text = draw(trace, {.width = 100, .ascii = ascii});
    EXPECT_EQ(std::count_if(text.begin(), text.end(), [](char c) { return c < 32 && c >= 0 && c != '\n'; }), 0) << text;
    EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
    EXPECT_TRUE(codec::is_utf8(text));
    EXPECT_TRUE(!ascii || std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; })) << text;
  }
}

TEST(Ladder, LinesFitTheTerminal) {
  for (int width = 60; width <= 200; ++width) {
    for (const auto& trace : {close_trace(), crossing_trace(), faults_trace()}) {
      for (const Language language : {Language::en, Language::zh}) {
        for (const auto& line : wrap_cells(draw(trace, {.width = width, .language = language}), 1000))
          EXPECT_LE(cells(line), width) << line;
      }
    }
  }
}

TEST(Ladder, ColoursOnlyIfAskedFor) {
  EXPECT_EQ(draw(close_trace(), {}).find('\x1b'), std::string::npos);
  EXPECT_NE(draw(close_trace(), {.colour = true}).find("\x1b[0;1m*ESTABLISHED "), std::string::npos);
}

}  // namespace
}  // namespace loquat::wire
