// The rules for a connection that takes its time.
#include <gtest/gtest.h>

#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

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

TEST(Why, AServerThatDoesNotAnswerMayBeSlow) {
  Observation seen = connection(State::established);
  seen.role = Role::client;
  seen.last.info->data_segments_out = 1;
  seen.last.info->last_data_sent = seconds(8);
  EXPECT_EQ(verdict_of(seen), "slow-server possible");
  EXPECT_NE(judge(seen).sentence.en.find("10.0.0.2:80 may be slow: we spoke last, 8 s ago"), std::string::npos);
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
  EXPECT_NE(judge(seen).sentence.en.find("Our application server (42) may be slow"), std::string::npos);
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

}  // namespace
}  // namespace loquat::wire
