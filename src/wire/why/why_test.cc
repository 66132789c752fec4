// The rules as a function: facts in, verdict out. Real connections are in tests/wire_why_test.py.
#include "wire/why/why.h"

#include <gtest/gtest.h>

#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

TEST(Why, AZeroWindowIsCertainAfterAMinuteOrFromBothEnds) {
  Observation seen = connection(State::established);
  close_window(seen);
  seen.last.info->last_data_sent = seconds(70);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading certain");
  seen.last.info->last_data_sent = seconds(20);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading likely");
  add_peer(seen, State::established, 6000);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading likely");
}

TEST(Why, AZeroWindowThatMovesIsASlowReader) {
  Observation seen = connection(State::established);
  close_window(seen);
  seen.last.info->bytes_acked += 1000;
  EXPECT_EQ(verdict_of(seen), "healthy certain");
  seen = connection(State::established);
  close_window(seen);
  add_peer(seen, State::established, 3000);
  seen.peer_first->recv_queue = 4000;  // 1000 have been read
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, AZeroWindowWithNothingUnreadIsNotTheReadersFault) {
  Observation seen = connection(State::established);
  close_window(seen);
  add_peer(seen, State::established, 0);
  EXPECT_NE(judge(seen).cause, Cause::peer_not_reading);
}

TEST(Why, WhatAnApplicationDoesNotRead) {
  Observation seen = connection(State::established);
  seen.first.recv_queue = seen.last.recv_queue = 300;
  EXPECT_EQ(verdict_of(seen), "application-not-reading certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "application-not-reading likely");
  seen.last.recv_queue = 200;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "it has read 100 bytes";
}

TEST(Why, CloseWaitIsALeakForCertainIfNobodyCanWantAnAnswer) {
  Observation seen = connection(State::close_wait);
  seen.last.info->data_segments_out = 1;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely");
  seen.peer_is_here = true;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak certain") << "the other end is gone";
  add_peer(seen, State::fin_wait_2);
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "a process still holds it: a half-close";
  seen.peer->inode = 0;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak certain");
  seen.last.info->bytes_acked += 10;
  EXPECT_EQ(verdict_of(seen), "healthy likely") << "it still sends";
}

TEST(Why, CloseWaitIsNotCertainlyALeakWhileTheProgramMayBeBusy) {
  Observation seen = connection(State::close_wait);
  seen.last.info->data_segments_out = 1;
  seen.peer_is_here = true;
  seen.first.recv_queue = seen.last.recv_queue = 1;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "it has not read the end";
  seen.first.recv_queue = seen.last.recv_queue = 0;
  seen.last.info->last_data_received = seconds(10);
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "it may still work on the request";
  seen.last.info->last_ack_received = std::chrono::minutes(10);
  seen.peer_is_here = false;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "a half-close may last";
}

TEST(Why, AConnectionThatAChildInherited) {
  Observation seen = connection(State::established);
  seen.owners = {{43, "sleep", 3}};
  seen.acceptor = kernel::Owner{42, "server", 3};
  EXPECT_TRUE(judge(seen).evidence.back().text.en.starts_with("server (42) listens there and does not hold"))
      << seen.last.local.str();
}

TEST(Why, ASynThatNobodyAnswers) {
  Observation seen = connection(State::syn_sent);
  EXPECT_EQ(verdict_of(seen), "connecting likely");
  seen.first.retransmits = seen.last.retransmits = 2;
  EXPECT_EQ(verdict_of(seen), "syn-filtered likely");
  seen.neighbour_failed = true;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely");
  seen.neighbour_failed = false;
  seen.listener = connection(State::listen).last;
  seen.listener->send_queue = 4;
  seen.listener->recv_queue = 5;
  EXPECT_EQ(verdict_of(seen), "backlog-full certain");
}

TEST(Why, AServerThatTakesOthersHasNoRoomRatherThanAFilter) {
  Observation seen = connection(State::syn_sent);
  seen.first.retransmits = seen.last.retransmits = 3;
  seen.peer_takes_others = true;
  EXPECT_EQ(verdict_of(seen), "backlog-full likely");
  seen.last.info->timeout_wait = seconds(2);
  EXPECT_NE(judge(seen).sentence.en.find("STUCK 3 s: 4 SYNs"), std::string::npos) << judge(seen).sentence.en;
}

TEST(Why, LossesWhileItMoves) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 5000;
  seen.last.info->bytes_acked += 100000;
  seen.last.info->data_segments_out = 300;
  seen.first.info->data_segments_out = 200;
  seen.last.info->total_retrans = 10;
  EXPECT_EQ(verdict_of(seen), "path-loss certain");
  seen.first.info->total_retrans = 9;
  seen.last.info->data_segments_out = 900;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "1 of 700 is no trouble";
  seen.first.info->total_retrans = seen.last.info->total_retrans = 90;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "those losses are over: none of 700";
  seen.first.info->data_segments_out = 890;
  EXPECT_EQ(verdict_of(seen), "path-loss likely") << "too few to tell";
}

TEST(Why, APersistTimerWithoutWaitingForTheWindowIsNoSlowReader) {
  Observation seen = connection(State::established);
  close_window(seen);
  seen.last.info->busy = seconds(5);
  seen.last.info->bytes_acked += 100000;
  seen.last.info->data_segments_out = 90;
  seen.last.info->total_retrans = 5;
  EXPECT_EQ(verdict_of(seen), "path-loss certain");
  seen.last.info->window_limited = seconds(4);
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, WhatWasSentAgainForNothingIsNoLoss) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 5000;
  seen.last.info->bytes_acked += 1000;
  seen.last.info->data_segments_out = 90;
  seen.last.info->total_retrans = seen.last.info->spurious_retrans = 4;
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, SilenceAfterRetransmissions) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 100;
  seen.last.timer = Timer::retransmit;
  seen.last.retransmits = 3;
  seen.last.info->total_retrans = 3;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely");
  seen.last.info->total_retrans = 30;
  EXPECT_EQ(verdict_of(seen), "path-loss likely") << "it has lost before, and went on";
  add_peer(seen, State::established);
  EXPECT_EQ(verdict_of(seen), "path-loss certain") << "the other end is here";
}

TEST(Why, AnotherEndThatShouldBeHereAndIsNot) {
  Observation seen = connection(State::established);
  seen.peer_is_here = true;
  EXPECT_EQ(verdict_of(seen), "idle likely") << "a container's published port looks like this";
  seen.peer_is_listened_at = true;
  EXPECT_EQ(verdict_of(seen), "half-open likely");
  seen.may_be_nat = false;
  EXPECT_EQ(verdict_of(seen), "half-open certain");
  seen.last.info->bytes_received += 10;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "somebody speaks to it";
}

TEST(Why, AProcessThatIsStoppedIsTheCause) {
  Observation seen = connection(State::established);
  seen.last.recv_queue = seen.first.recv_queue = 100;
  EXPECT_NE(judge(seen).next.en.find("gdb -p 42 "), std::string::npos) << judge(seen).next.en;
  seen.owners.front().state = 'T';
  EXPECT_EQ(verdict_of(seen), "application-not-reading certain");
  EXPECT_TRUE(judge(seen).sentence.en.starts_with("server (42) is stopped")) << judge(seen).sentence.en;
  EXPECT_NE(judge(seen).next.en.find("kill -CONT 42"), std::string::npos);
  seen.owners.front().state = 't';
  EXPECT_NE(judge(seen).sentence.en.find("debugger"), std::string::npos);
  seen.owners.push_back({43, "server", 3, 'S'});
  EXPECT_TRUE(judge(seen).sentence.en.starts_with("STUCK")) << "another process may still read";
}

TEST(Why, FullSizedSegmentsThatNeverPassAreABlackHole) {
  Observation seen = connection(State::established);
  seen.last.timer = Timer::retransmit;
  seen.last.retransmits = 3;
  seen.last.send_queue = 3000;
  seen.last.info->send_mss = 1448;
  seen.last.info->bytes_acked = 100;
  seen.last.info->sacked = 1;
  seen.first = seen.last;
  EXPECT_EQ(verdict_of(seen), "pmtu-black-hole likely");
  seen.last.info->sacked = 0;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "nothing at all comes back";
  seen.last.info->total_retrans = 3;
  seen.last.info->timeout_wait = seconds(6);
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "it was silent before the first full-sized one left";
  seen.last.info->last_ack_received = milliseconds(6400);
  EXPECT_EQ(verdict_of(seen), "pmtu-black-hole likely");
  seen.last.info->sacked = 1;
  seen.last.info->bytes_acked = seen.first.info->bytes_acked = 5000;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "full-sized ones have passed before";
}

TEST(Why, AnIdleOneSaysWhoOwesAnAnswer) {
  Observation seen = connection(State::established);
  add_peer(seen, State::established);
  kernel::TcpInfo& info = *seen.last.info;
  auto sentence = [&seen] { return judge(seen).sentence.en; };
  info.data_segments_out = 3;
  EXPECT_EQ(sentence().find("spoke last"), std::string::npos) << "within the same tick";
  EXPECT_TRUE(judge(seen).next.empty());
  info.last_data_sent = seconds(8);
  EXPECT_NE(sentence().find("we spoke last, 8 s ago; the peer has it"), std::string::npos) << sentence();
  EXPECT_EQ(verdict_of(seen), "idle likely") << "it may owe nothing";
  info.last_data_received = seconds(5);
  EXPECT_NE(sentence().find("the peer spoke last, 5 s ago"), std::string::npos) << sentence();
  EXPECT_EQ(verdict_of(seen), "idle certain");
  info.last_data_received = info.last_data_sent;
  info.bytes_received = seen.first.info->bytes_received = 0;
  EXPECT_NE(sentence().find("we spoke last"), std::string::npos) << "the peer never spoke";
  info.data_segments_out = 0;
  EXPECT_NE(sentence().find("neither end"), std::string::npos) << sentence();
}

TEST(Why, AnIdleOneIsCertainOnlyIfThePeerLives) {
  Observation seen = connection(State::established);
  EXPECT_EQ(verdict_of(seen), "idle likely");
  add_peer(seen, State::established);
  EXPECT_EQ(verdict_of(seen), "idle certain");
  seen = connection(State::established);
  seen.last.timer = Timer::keepalive;
  seen.last.retransmits = 2;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "probes without answers";
}

TEST(Why, TheWorstIsTheMostUrgent) {
  const Urgency stuck =
      urgency({.cause = Cause::peer_not_reading, .certainty = Certainty::certain, .stuck = seconds(9)});
  EXPECT_GT(stuck, urgency({.cause = Cause::peer_gone, .certainty = Certainty::certain, .stuck = seconds(4)}));
  EXPECT_GT(stuck, urgency({.cause = Cause::peer_gone, .certainty = Certainty::likely, .stuck = seconds(60)}));
  EXPECT_GT(stuck, urgency({.cause = Cause::time_wait_pile, .certainty = Certainty::certain}));
  EXPECT_EQ(urgency({.cause = Cause::idle}), urgency({.cause = Cause::healthy, .certainty = Certainty::certain}));
}

TEST(Why, EveryCauseHasAName) {
  for (int i = 0; i <= static_cast<int>(Cause::capture_duplicates); ++i)
    EXPECT_FALSE(name(static_cast<Cause>(i)).empty());
  EXPECT_EQ(name(Cause::reset), "reset");
  EXPECT_EQ(name(Cause::pmtu_black_hole), "pmtu-black-hole");
  EXPECT_EQ(severity(Cause::idle), 0);
  EXPECT_EQ(severity(Cause::time_wait_pile), 1);
  EXPECT_EQ(severity(Cause::backlog_full), 2);
  EXPECT_EQ(severity(Cause::slow_server), 1);
  EXPECT_EQ(severity(Cause::capture_duplicates), 0);
}

}  // namespace
}  // namespace loquat::wire
