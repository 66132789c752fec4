// The rules as a function: facts in, verdict out. Real connections are in tests/wire_why_test.py.
#include "wire/why/why.h"

#include <gtest/gtest.h>

#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

TEST(Why, AZeroWindowIsCertainAfterTenSecondsOrFromBothEnds) {
  Observation seen = connection(State::established);
  close_window(seen);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading certain");
  seen.last.info->last_data_sent = seconds(4);
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

TEST(Why, AClientThatGaveUpWhileTheServerWorks) {
  Observation seen = connection(State::close_wait);
  seen.last.info->data_segments_out = 1;
  seen.role = Role::server;
  seen.first.recv_queue = seen.last.recv_queue = 1;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "it has answered";
  seen.last.info->last_data_received = seconds(10);
  EXPECT_EQ(verdict_of(seen), "slow-server likely");
  seen.last.info->bytes_received = seen.first.info->bytes_received = 1;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "it asked for nothing";
  seen.role = Role::client;
  EXPECT_NE(judge(seen).others.back().en.find("a pool keeps it"), std::string::npos);
}

TEST(Why, ListenersAndTheirBacklog) {
  Observation seen = connection(State::listen);
  seen.last.info.reset();
  seen.first = seen.last;
  seen.first.send_queue = seen.last.send_queue = 4;
  EXPECT_EQ(verdict_of(seen), "listening certain");
  seen.first.recv_queue = seen.last.recv_queue = 5;
  EXPECT_EQ(verdict_of(seen), "backlog-full certain");
  seen.first.recv_queue = 0;
  EXPECT_EQ(verdict_of(seen), "backlog-full likely");
  seen.first.recv_queue = seen.last.recv_queue = 2;
  EXPECT_EQ(verdict_of(seen), "not-accepting likely");
}

TEST(Why, OneThatIsNotAcceptedYet) {
  Observation seen = connection(State::established);
  seen.first.inode = seen.last.inode = 0;
  EXPECT_EQ(verdict_of(seen), "not-accepting certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "not-accepting likely");
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

// Established 1 s ago; its SYN was sent three times.
Observation after_slow_handshake() {
  Observation seen = connection(State::established);
  seen.role = Role::client;
  kernel::TcpInfo& info = *seen.last.info;
  info.segments_in = 3;
  info.total_retrans = 2;
  info.timeout_wait = seconds(2);
  info.last_data_sent = info.last_data_received = info.last_ack_received = seconds(1);
  seen.first = seen.last;
  return seen;
}

TEST(Why, AHandshakeThatWasSentAgainWasSlow) {
  Observation seen = after_slow_handshake();
  EXPECT_EQ(verdict_of(seen), "slow-handshake likely");
  EXPECT_NE(judge(seen).sentence.en.find("took 3 s"), std::string::npos) << judge(seen).sentence.en;
  seen.role = Role::server;  // whose time the kernel counts from the first SYN-ACK
  EXPECT_NE(judge(seen).sentence.en.find("took 2 s"), std::string::npos) << judge(seen).sentence.en;
  seen.role = Role::unknown;
  seen.last.info->bytes_retrans = 10;
  EXPECT_EQ(verdict_of(seen), "idle likely") << "data was sent again: the handshake cannot be told from it";
}

TEST(Why, ASlowHandshakeOfLongAgoIsEvidenceOnly) {
  Observation seen = after_slow_handshake();
  seen.last.info->last_data_sent = seconds(30);
  EXPECT_EQ(verdict_of(seen), "idle likely");
  EXPECT_NE(judge(seen).evidence.back().text.en.find("SYN was sent 3 times"), std::string::npos);
  seen.last.info->bytes_acked += 10;
  EXPECT_EQ(verdict_of(seen), "healthy certain");
  EXPECT_NE(judge(seen).evidence.back().text.en.find("SYN was sent 3 times"), std::string::npos);
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

TEST(Why, AConnectionThatTheServerHasNotAccepted) {
  Observation seen = connection(State::established);
  add_peer(seen, State::established, 30);
  seen.peer->inode = seen.peer_first->inode = 0;
  seen.listener.emplace(*seen.peer);
  seen.listener->state = State::listen;
  seen.listener->inode = 5;
  seen.listener_owners = {{77, "gunicorn", 4, 'S'}};
  EXPECT_EQ(verdict_of(seen), "not-accepting certain");
  EXPECT_NE(judge(seen).sentence.en.find("gunicorn (77)"), std::string::npos);
  seen.listener_owners.push_back({78, "gunicorn", 4, 'S'});
  EXPECT_NE(judge(seen).sentence.en.find("gunicorn (77) and 1 more"), std::string::npos) << judge(seen).sentence.en;
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

TEST(Why, AServerThatDoesNotAnswerMayBeSlow) {
  Observation seen = connection(State::established);
  seen.role = Role::client;
  seen.last.info->data_segments_out = 1;
  seen.last.info->last_data_sent = seconds(8);
  EXPECT_EQ(verdict_of(seen), "slow-server possible");
  EXPECT_NE(judge(seen).sentence.en.find("10.0.0.2:80 is slow: we spoke last, 8 s ago"), std::string::npos);
  seen.last.info->last_data_sent = milliseconds(400);
  EXPECT_EQ(verdict_of(seen), "idle likely") << "most answers take some time";
  seen.last.info->last_data_sent = seen.last.info->last_data_received = std::chrono::hours(1);
  EXPECT_EQ(verdict_of(seen), "idle likely");
  seen.last.info->last_data_sent = seconds(8);
  seen.role = Role::server;
  EXPECT_EQ(verdict_of(seen), "idle likely") << "the next word is the client's";
  EXPECT_TRUE(judge(seen).next.empty());
}

TEST(Why, AServerIsToldWhenItOwesTheAnswer) {
  Observation seen = connection(State::established);
  seen.role = Role::server;
  seen.last.info->last_data_received = seconds(8);
  EXPECT_EQ(verdict_of(seen), "slow-server possible");
  EXPECT_NE(judge(seen).sentence.en.find("Our application server (42) is slow"), std::string::npos);
  seen.owners.front().state = 'T';
  EXPECT_EQ(verdict_of(seen), "slow-server likely") << "it is stopped";
  seen.role = Role::client;
  EXPECT_EQ(verdict_of(seen), "idle likely") << "a client may take its time";
}

// A request and its answer came between the looks; `part` of 100 glances saw it wait for this.
Observation glanced_at(kernel::Wait wait, int part, Duration quiet) {
  Observation seen = connection(State::established, seconds(1));
  seen.role = Role::client;
  seen.last.info->bytes_acked += 200;
  seen.last.info->bytes_received += 2;
  seen.last.info->last_data_sent = milliseconds(700);
  for (int i = 0; i < 100; ++i) i < part ? seen.waits.add(wait, quiet) : seen.waits.add(kernel::Wait::nothing, {});
  return seen;
}

TEST(Why, ASmallSegmentThatIsHeldBackForMuchOfTheTime) {
  EXPECT_EQ(verdict_of(glanced_at(kernel::Wait::small_segment, 20, {})), "nagle-delayed-ack likely");
  Verdict v = judge(glanced_at(kernel::Wait::small_segment, 80, {}));
  EXPECT_NE(v.sentence.en.find("for 800 ms of 1 s 10.0.0.1:40000 held"), std::string::npos) << v.sentence.en;
  EXPECT_EQ(v.evidence.back().text.en, "of 1 s: 800 ms until an ACK let a small segment go");
  EXPECT_EQ(verdict_of(glanced_at(kernel::Wait::small_segment, 10, {})), "healthy certain");
}

TEST(Why, AnswersThatComeLateAreSlow) {
  EXPECT_EQ(verdict_of(glanced_at(kernel::Wait::peers_word, 80, milliseconds(790))), "slow-server likely");
  Observation quick = glanced_at(kernel::Wait::peers_word, 90, milliseconds(40));
  EXPECT_EQ(verdict_of(quick), "healthy certain") << "no answer took long";
  EXPECT_EQ(judge(quick).evidence.back().text.en, "of 1 s: 900 ms until 10.0.0.2:80 answered");
  quick.role = Role::server;
  EXPECT_EQ(judge(quick).evidence.back().text.en, "of 1 s: 900 ms until 10.0.0.2:80 went on by itself");
}

TEST(Why, WhoTakesHisTimeAcknowledgesWithoutData) {
  Observation seen = glanced_at(kernel::Wait::a_word, 80, milliseconds(790));
  seen.first.info->segments_in = seen.last.info->segments_in = 2;  // of three segments in the handshake, one came
  seen.first.info->segments_out = seen.last.info->segments_out = 3;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "within a tick of the kernel's clock";
  seen.last.info->segments_in += 2;
  seen.last.info->data_segments_in += 1;
  EXPECT_EQ(verdict_of(seen), "slow-server likely");
  seen.first.info = seen.last.info;
  seen.first.info->bytes_acked -= 100;
  seen.first.info->bytes_received -= 2;
  EXPECT_EQ(verdict_of(seen), "slow-server likely") << "that ACK came before the first look";
  seen.last.info->segments_out += 2;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "it is the client that takes its time";
}

TEST(Why, TheKernelsTimersSayWhereTheTimeWent) {
  Observation seen = connection(State::established, seconds(1));
  seen.last.info->bytes_acked += 100000;
  seen.last.info->window_limited = milliseconds(700);
  seen.last.info->buffer_limited = milliseconds(100);
  EXPECT_EQ(judge(seen).evidence.back().text.en,
            "of 1 s: 700 ms until 10.0.0.2:80 had room, 100 ms until our own send buffer had room");
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
